import NetworkProof
import Ristretto255
import Sodium

/// A sensor's signature on the commitment of what a proof starts from (PROTOCOL.md F8).
///
/// The signed message is `"semblance sensor v1" || type || modality || H(challenge) || time || height || width ||
/// channels || row count || rows`. The type is the assurance level, so a signed image never stands in for a signed
/// embedding. At `match` the shape is 1 x d x 1 and the one row is the embedding row; at `head` and `full` it is the
/// shape of the start block, whose rows are signed.
public struct SensorAttestation: Equatable, Sendable {
    /// The sensor's Ed25519 key for this audience, 32 bytes.
    public let publicKey: [UInt8]
    /// When the sensor captured, seconds since 1970-01-01 00:00 UTC by its own clock.
    public let time: UInt64
    /// 64 bytes.
    public let signature: [UInt8]

    static let byteCount = 8 + 32 + 64

    /// - Parameter shape: of the start block; nil at `match`.
    public static func sign(
        challenge: SignedChallenge,
        time: UInt64,
        shape: TensorShape? = nil,
        rows: [CompressedRistretto],
        with key: SigningKey
    ) -> SensorAttestation {
        let message = message(challenge: challenge, time: time, shape: shape, rows: rows)
        return SensorAttestation(publicKey: key.publicKey.bytes, time: time, signature: key.sign(message))
    }

    init(publicKey: [UInt8], time: UInt64, signature: [UInt8]) {
        self.publicKey = publicKey
        self.time = time
        self.signature = signature
    }

    /// Whether the signature is by `publicKey` over exactly these rows under this challenge.
    ///
    /// - Parameter shape: of the start block; nil at `match`.
    public func isValid(
        challenge: SignedChallenge,
        shape: TensorShape? = nil,
        rows: [CompressedRistretto]
    ) -> Bool {
        guard let key = VerifyingKey(publicKey) else { return false }
        return key.isValid(
            signature: signature,
            for: Self.message(challenge: challenge, time: time, shape: shape, rows: rows)
        )
    }

    private static func message(
        challenge: SignedChallenge,
        time: UInt64,
        shape: TensorShape?,
        rows: [CompressedRistretto]
    ) -> [UInt8] {
        let shape = shape ?? TensorShape(channels: 1, height: 1, width: challenge.challenge.dimension)
        var writer = WireWriter()
        writer.append(raw: "semblance sensor v1".utf8)
        writer.append(challenge.challenge.assurance.rawValue)
        writer.append(challenge.challenge.modality.rawValue)
        writer.append(raw: challenge.digest)
        writer.append(time)
        writer.append(UInt32(truncatingIfNeeded: shape.height))
        writer.append(UInt32(truncatingIfNeeded: shape.width))
        writer.append(UInt32(truncatingIfNeeded: shape.channels))
        writer.append(UInt32(truncatingIfNeeded: rows.count))
        for row in rows {
            writer.append(point: row)
        }
        return writer.bytes
    }

    public func encode() -> [UInt8] {
        var writer = WireWriter()
        write(to: &writer)
        return writer.bytes
    }

    public init(decoding bytes: some Collection<UInt8>) throws(WireError) {
        var reader = WireReader(bytes)
        try self.init(reading: &reader)
        try reader.finish()
    }

    func write(to writer: inout WireWriter) {
        writer.append(time)
        writer.append(raw: publicKey)
        writer.append(raw: signature)
    }

    init(reading reader: inout WireReader) throws(WireError) {
        self.time = try reader.readInteger()
        self.publicKey = try reader.readRaw(32)
        self.signature = try reader.readRaw(64)
    }
}
