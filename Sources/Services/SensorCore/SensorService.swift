import Encoding
import Interfaces
import Sodium
import Statement
import Varlink

/// `org.semblance.Sensor` on an ``ImageSensor``: root and one configured user may call, nobody else.
public struct SensorService: Sendable {
    /// The longest time that a caller may ask a capture to wait.
    public static let maximumTimeout: Int64 = 120_000

    private let sensor: ImageSensor
    private let prover: UInt32
    private let seat: String?

    /// - Parameters:
    ///   - prover: the uid that the prover daemon runs as.
    ///   - seat: whose the sensor is; nil where that is not said.
    public init(sensor: ImageSensor, prover: UInt32, seat: String? = nil) {
        self.sensor = sensor
        self.prover = prover
        self.seat = seat
    }

    /// The service for a ``VarlinkServer``.
    public var service: VarlinkService {
        VarlinkService(
            interface: .sensor,
            handlers: ["GetInfo": getInfo, "PublicKey": publicKey, "Capture": capture]
        )
    }

    @Sendable
    func getInfo(_ call: VarlinkCall) async throws(VarlinkError) -> [String: JSON] {
        try authorise(call)
        return [
            "kind": .string(sensor.source.kind),
            "modalities": .array(sensor.modalities.map { .string($0) }),
            "models": .array(sensor.models.map { .string($0) }),
            "seat": seat.map { .string($0) } ?? .null,
            "fault": await sensor.source.fault().map { .string($0) } ?? .null,
        ]
    }

    @Sendable
    func publicKey(_ call: VarlinkCall) async throws(VarlinkError) -> [String: JSON] {
        try authorise(call)
        let audience = try call.parameters.string("audience")
        let verifierKey = try call.parameters.bytes("verifierKey")
        do {
            let key = try sensor.publicKey(audience: audience, verifierKey: verifierKey)
            return ["publicKey": .string(Base64.encode(key.bytes))]
        } catch {
            throw error.reply
        }
    }

    @Sendable
    func capture(_ call: VarlinkCall) async throws(VarlinkError) -> [String: JSON] {
        try authorise(call)
        let encoded = [try call.parameters.bytes("challenge")] + (try call.parameters.bytesList("alternatives"))
        let index = try call.parameters.integer("index")
        let milliseconds = try call.parameters.integer("timeoutMilliseconds")
        let challenges = encoded.prefix(ChallengeSet.maximumCount + 1).compactMap {
            try? SignedChallenge(decoding: $0)
        }
        guard challenges.count == encoded.count, let index = Int(exactly: index),
            (0...Self.maximumTimeout).contains(milliseconds)
        else { throw SensorError.badRequest.reply }
        do {
            let samples = try await sensor.capture(challenges, index: index, timeout: .milliseconds(milliseconds)) {
                call.progress(["advice": .string($0)])
            }
            return ["samples": .array(Self.encode(samples).map { .object($0) })]
        } catch {
            throw error.reply
        }
    }

    private func authorise(_ call: VarlinkCall) throws(VarlinkError) {
        guard call.peer.uid == 0 || call.peer.uid == prover else { throw .permissionDenied }
    }

    static func encode(_ samples: [ImageSensor.Sample]) -> [[String: JSON]] {
        SensorSample.encode(samples.map(\.message))
    }

    static func encode(_ sample: ImageSensor.Sample) -> [String: JSON] {
        encode([sample])[0]
    }
}

extension ImageSensor.Sample {
    /// As the prover gets it.
    var message: SensorSample {
        SensorSample(
            challenge: challenge,
            block: opening.message,
            previous: previous?.message,
            attestation: attestation,
            quality: quality
        )
    }
}

extension ImageSensor.Opening {
    fileprivate var message: SensorSample.Block {
        switch self {
        case .embedding(let opening): SensorSample.Block(opening)
        case .start(let opening, _): SensorSample.Block(opening)
        }
    }
}
