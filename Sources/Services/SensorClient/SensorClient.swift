import Encoding
import IntegerNetwork
import Interfaces
import Sodium
import Statement
import Varlink

/// `org.semblance.Sensor` from the prover's side. Every answer is checked before it is believed.
public struct SensorClient: SampleSource {
    private let path: String
    private let trusted: Set<UInt32>

    /// - Parameters:
    ///   - path: the sensor's socket.
    ///   - trusted: users whom the socket may belong to and the sensor may run as, besides root.
    public init(path: String, trusted: Set<UInt32>) {
        self.path = path
        self.trusted = trusted
    }

    public func info(within limit: Duration = .seconds(5)) async throws(SampleFailure) -> SensorInfo {
        let reply = try await call("GetInfo", [:], timeout: limit)
        do {
            return SensorInfo(
                kind: try reply.string("kind"),
                modalities: try reply.strings("modalities"),
                models: try reply.strings("models"),
                seat: try reply.optionalString("seat"),
                trouble: try reply.optionalString("fault")
            )
        } catch {
            throw Self.nonsense
        }
    }

    public func publicKey(audience: String, verifierKey: [UInt8]) async throws(SampleFailure) -> [UInt8] {
        let parameters: [String: JSON] = [
            "audience": .string(audience), "verifierKey": .string(Base64.encode(verifierKey)),
        ]
        let reply = try await call("PublicKey", parameters, timeout: .seconds(5))
        guard let key = try? reply.bytes("publicKey"), key.count == 32 else { throw Self.nonsense }
        return key
    }

    public func capture(
        _ challenges: [SignedChallenge],
        models: [EmbeddingModel],
        index: Int,
        timeout: Duration,
        advise: @escaping @Sendable (String) -> Void
    ) async throws(SampleFailure) -> [CapturedSample] {
        let milliseconds = Int64(min(max(timeout / .milliseconds(1), 0), 1e6))
        let encoded = challenges.map { JSON.string(Base64.encode($0.bytes)) }
        var parameters: [String: JSON] = [
            "index": .integer(Int64(index)), "timeoutMilliseconds": .integer(milliseconds),
        ]
        parameters["challenge"] = encoded.first
        parameters["alternatives"] = encoded.count > 1 ? .array(Array(encoded.dropFirst())) : nil
        // The network runs after the last frame was taken, so the reply may come some seconds after the timeout.
        let reply = try await call("Capture", parameters, timeout: timeout + .seconds(20)) { progress in
            if let advice = try? progress.optionalString("advice") { advise(advice) }
        }
        return try Self.decode(reply, challenges, models: models)
    }

    /// Samples are believed only when their openings open their commitments, which the sensor signed for these
    /// challenges.
    static func decode(
        _ reply: Parameters,
        _ challenges: [SignedChallenge],
        models: [EmbeddingModel]
    ) throws(SampleFailure) -> [CapturedSample] {
        guard let samples = try? SensorSample.decode(reply), !samples.isEmpty else { throw nonsense }
        var decoder = SampleDecoder(models: models)
        var captured: [CapturedSample] = []
        for sample in samples {
            let place = sample.challenge
            guard challenges.indices.contains(place) else { throw nonsense }
            if let last = captured.last?.challenge {
                // In the order of the challenges, so that none is answered twice; and all of one modality.
                guard place > last,
                    challenges[place].challenge.modality == challenges[last].challenge.modality
                else { throw nonsense }
            }
            captured.append(CapturedSample(challenge: place, samples: try decoder.decode(sample, challenges[place])))
        }
        return captured
    }

    static let nonsense = SampleFailure.unavailable(hint: "the sensor's answer makes no sense")

    private func call(
        _ method: String,
        _ parameters: [String: JSON],
        timeout: Duration,
        onProgress: (@Sendable (Parameters) -> Void)? = nil
    ) async throws(SampleFailure) -> Parameters {
        let client: VarlinkClient
        do {
            client = try await VarlinkClient.connect(to: path, trusted: trusted)
        } catch {
            throw Self.failure(error)
        }
        let result: Result<Parameters, VarlinkClientError>
        do {
            let name = VarlinkInterface.sensor.name + "." + method
            result = .success(try await client.call(name, parameters, timeout: timeout, onProgress: onProgress))
        } catch {
            result = .failure(error)
        }
        await client.close()
        switch result {
        case .success(let reply): return reply
        case .failure(let error): throw Self.failure(error)
        }
    }

    private static func failure(_ error: VarlinkClientError) -> SampleFailure {
        switch error {
        case .unsafePath(let path, let reason): return .unavailable(hint: "\(path): \(reason)")
        case .cannotConnect: return .unavailable(hint: "no sensor answers; is semblance-sensor running?")
        case .untrustedPeer(let uid): return .unavailable(hint: "the sensor runs as uid \(uid), who is not trusted")
        case .closed: return .unavailable(hint: "the sensor hung up")
        case .timedOut: return .unavailable(hint: "the sensor did not answer in time")
        case .cancelled: return .cancelled
        case .malformedReply: return nonsense
        case .busy: return .busy
        case .reply(let reply):
            switch SensorError(reply) {
            case .noSensor: return .unavailable(hint: "the sensor does not capture this modality")
            case .noSample(let advice): return .poorSample(advice: advice)
            case .unavailable(let hint): return .unavailable(hint: hint)
            case .modelUnknown:
                return .unavailable(hint: "the sensor does not have the model that the verifier asks for")
            case .busy: return .busy
            case nil where reply == .permissionDenied:
                return .unavailable(hint: "the sensor does not serve this user; see its option prover-user")
            case .badRequest, .cancelled, nil: return .unavailable(hint: "the sensor refused the challenge")
            }
        }
    }
}
