import MatchProof
import NetworkProof
import NeuralNetwork
import Ristretto255
import Sodium
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

    public func info() async throws(SampleFailure) -> SensorInfo {
        let reply = try await call("GetInfo", [:], timeout: .seconds(5))
        do {
            return SensorInfo(
                kind: try reply.string("kind"),
                modalities: try reply.strings("modalities"),
                models: try reply.strings("models")
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
        _ challenge: SignedChallenge,
        models: [EmbeddingModel],
        index: Int,
        timeout: Duration,
        advise: @escaping @Sendable (String) -> Void
    ) async throws(SampleFailure) -> [MatchProver.Sample] {
        let milliseconds = Int64(min(max(timeout / .milliseconds(1), 0), 1e6))
        let parameters: [String: JSON] = [
            "challenge": .string(Base64.encode(challenge.bytes)),
            "index": .integer(Int64(index)),
            "timeoutMilliseconds": .integer(milliseconds),
        ]
        // The network runs after the last frame was taken, so the reply may come some seconds after the timeout.
        let reply = try await call("Capture", parameters, timeout: timeout + .seconds(20)) { progress in
            if let advice = try? progress.optionalString("advice") { advise(advice) }
        }
        return try Self.decode(reply, challenge, models: models)
    }

    /// A sample is believed only when its openings open their commitments, which the sensor signed for this challenge.
    static func decode(
        _ reply: Parameters,
        _ challenge: SignedChallenge,
        models: [EmbeddingModel]
    ) throws(SampleFailure) -> [MatchProver.Sample] {
        let parts = challenge.challenge.parts
        var members: [Parameters] = []
        let attestation: SensorAttestation
        do {
            guard let sample = try reply.optionalObject("sample") else { throw nonsense }
            members.append(sample)
            if let previous = try sample.optionalObject("previous") { members.append(previous) }
            attestation = try SensorAttestation(decoding: try sample.bytes("attestation"))
        } catch {
            throw nonsense
        }
        guard members.count == parts.count else { throw nonsense }
        var blocks: [SensorAttestation.Block] = []
        var samples: [MatchProver.Sample] = []
        for (index, part) in parts.enumerated() {
            let statement = challenge.challenge.statement(of: part)
            let model = index < models.count ? models[index] : nil
            let (sample, block) = try block(members[index], statement, attestation, model: model)
            samples.append(sample)
            blocks.append(block)
        }
        guard attestation.isValid(challenge: challenge, blocks: blocks) else { throw unfitting }
        return samples
    }

    /// - Parameter statement: of one part of the challenge.
    private static func block(
        _ members: Parameters,
        _ statement: Challenge,
        _ attestation: SensorAttestation,
        model: EmbeddingModel?
    ) throws(SampleFailure) -> (MatchProver.Sample, SensorAttestation.Block) {
        guard var values = try? members.bytes("values"), var blinders = try? members.bytes("blinder"),
            let commitment = try? members.bytes("commitment")
        else { throw nonsense }
        defer {
            SecretBytes.zero(&values)
            SecretBytes.zero(&blinders)
        }
        if statement.assurance == .match {
            var encoded = values + blinders
            defer { SecretBytes.zero(&encoded) }
            guard blinders.count == 32, let opening = try? EmbeddingOpening(decoding: encoded) else { throw nonsense }
            guard opening.values.count == statement.dimension, opening.commitment.bytes == commitment else {
                throw unfitting
            }
            let shape = TensorShape(channels: 1, height: 1, width: statement.dimension)
            return (
                MatchProver.Sample(opening: opening, attestation: attestation),
                SensorAttestation.Block(shape: shape, rows: [opening.commitment])
            )
        }
        guard let model, let start = model.published.startBlock(at: statement.assurance) else {
            throw .unavailable(hint: "the model cannot be proved at assurance \(statement.assurance.name)")
        }
        let opening = try startOpening(values, blinders, start: start, model: model)
        guard opening.commitments.flatMap(\.bytes) == commitment,
            let trace = try? model.traceValues(from: start, opening.values), let output = trace.blocks.last,
            let embedding = try? EmbeddingOpening(committing: output)
        else { throw unfitting }
        return (
            MatchProver.Sample(
                opening: embedding,
                attestation: attestation,
                network: NetworkEvidence(start: opening, trace: trace)
            ),
            SensorAttestation.Block(shape: model.published.description.shape(ofBlock: start), rows: opening.commitments)
        )
    }

    private static let unfitting = SampleFailure.unavailable(hint: "the sensor's sample does not fit the challenge")

    /// The opening of a start block: its entries as i16, and a blinder of 32 bytes for each row.
    private static func startOpening(
        _ values: [UInt8],
        _ blinders: [UInt8],
        start: Int,
        model: EmbeddingModel
    ) throws(SampleFailure) -> StartOpening {
        guard values.count % 2 == 0, blinders.count % 32 == 0 else { throw nonsense }
        let entries = stride(from: 0, to: values.count, by: 2).map {
            Int16(bitPattern: UInt16(values[$0]) | UInt16(values[$0 + 1]) << 8)
        }
        var scalars: [Scalar] = []
        for offset in stride(from: 0, to: blinders.count, by: 32) {
            guard let scalar = Scalar(canonicalBytes: blinders[offset..<offset + 32]) else { throw nonsense }
            scalars.append(scalar)
        }
        guard
            let opening = try? StartOpening(
                values: entries,
                blinders: scalars,
                description: model.published.description,
                start: start
            )
        else { throw nonsense }
        return opening
    }

    private static let nonsense = SampleFailure.unavailable(hint: "the sensor's answer makes no sense")

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
            let name = "org.semblance.Sensor." + method
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
            switch reply.name {
            case "org.semblance.Sensor.NoSensor":
                return .unavailable(hint: "the sensor does not capture this modality")
            case "org.semblance.Sensor.NoSample":
                guard case .string(let advice)? = reply.parameters["advice"] else { return nonsense }
                return .poorSample(advice: advice)
            case "org.semblance.Sensor.ModelUnknown":
                return .unavailable(hint: "the sensor does not have the model that the verifier asks for")
            case "org.semblance.Sensor.Busy": return .busy
            case "org.varlink.service.PermissionDenied":
                return .unavailable(hint: "the sensor does not serve this user; see its option prover-user")
            default: return .unavailable(hint: "the sensor refused the challenge")
            }
        }
    }
}
