import Interfaces
import MatchProof
import Sodium
import Varlink

/// Why a sensor gives no sample is what its interface declares.
public typealias SensorError = Interfaces.SensorError

/// `org.semblance.Sensor` on an ``ImageSensor``: root and one configured user may call, nobody else.
public struct SensorService: Sendable {
    /// The longest time that a caller may ask a capture to wait.
    public static let maximumTimeout: Int64 = 120_000

    private let sensor: ImageSensor
    private let prover: UInt32

    /// - Parameter prover: the uid that the prover daemon runs as.
    public init(sensor: ImageSensor, prover: UInt32) {
        self.sensor = sensor
        self.prover = prover
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
            "kind": .string(ImageSensor.kind),
            "modalities": .array(sensor.modalities.map { .string($0) }),
            "models": .array(sensor.models.map { .string($0) }),
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

    /// Values that are those of the sample before are left out: at `head` and `full` they are most of a sample.
    static func encode(_ samples: [ImageSensor.Sample]) -> [[String: JSON]] {
        var last: JSON?
        return samples.map { sample in
            var members = encode(sample)
            let values = members["values"]
            if values == last { members["values"] = nil }
            last = values
            return members
        }
    }

    static func encode(_ sample: ImageSensor.Sample) -> [String: JSON] {
        var members = encode(sample.opening)
        members["challenge"] = .integer(Int64(sample.challenge))
        members["previous"] = sample.previous.map { .object(encode($0)) }
        members["attestation"] = .string(Base64.encode(sample.attestation.encode()))
        members["quality"] = .number(sample.quality)
        return members
    }

    /// An embedding's encoding is dimension and entries and then the blinder of 32 bytes; the interface names them
    /// apart. A start block has its entries as i16, and a blinder for each row.
    private static func encode(_ opening: ImageSensor.Opening) -> [String: JSON] {
        var (values, blinders): ([UInt8], [UInt8])
        switch opening {
        case .embedding(let opening):
            let encoded = opening.encode()
            (values, blinders) = (encoded.dropLast(32), Array(encoded.suffix(32)))
        case .start(let opening, _):
            values = opening.values.flatMap { value in withUnsafeBytes(of: value.littleEndian) { Array($0) } }
            blinders = opening.blinders.flatMap(\.bytes)
        }
        defer {
            SecretBytes.zero(&values)
            SecretBytes.zero(&blinders)
        }
        return [
            "values": .string(Base64.encode(values)),
            "blinder": .string(Base64.encode(blinders)),
            "commitment": .string(Base64.encode(opening.commitments.flatMap(\.bytes))),
        ]
    }
}
