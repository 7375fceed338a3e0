import Commitments
import Encoding
import Models
import Ristretto255
import Sodium

/// A sensor's signature on the commitment of what a proof starts from (attacks.md F8).
///
/// The signed message is `"semblance sensor v1" || type || modality || H(challenge) || time || height || width ||
/// channels || row count || rows`. The type is the assurance level, so a signed image never stands in for a signed
/// embedding. At `match` the shape is 1 x d x 1 and the one row is the embedding row; at `head` and `full` it is the
/// shape of the start block, whose rows are signed. An upgrade has two blocks, the new model's and then the previous
/// model's, and what follows the time is signed of both: one signature says that both come from one capture.
public struct SensorAttestation: Equatable, Sendable {
    /// The sensor's Ed25519 key for this audience, 32 bytes.
    public let publicKey: [UInt8]
    /// When the sensor captured, seconds since 1970-01-01 00:00 UTC by its own clock.
    public let time: UInt64
    /// 64 bytes.
    public let signature: [UInt8]

    static let byteCount = 8 + 32 + 64

    /// One committed block.
    public struct Block: Sendable {
        /// 1 x d x 1 at `match`, else that of the start block.
        public var shape: TensorShape
        /// One embedding row at `match`, else all start rows, in order.
        public var rows: [CompressedRistretto]

        public init(shape: TensorShape, rows: [CompressedRistretto]) {
            self.shape = shape
            self.rows = rows
        }
    }

    /// - Parameter shape: of the start block; nil at `match`.
    public static func sign(
        challenge: SignedChallenge,
        time: UInt64,
        shape: TensorShape? = nil,
        rows: [CompressedRistretto],
        with key: SigningKey
    ) -> SensorAttestation {
        sign(
            challenge: challenge,
            time: time,
            blocks: [Block(shape: shape ?? matchShape(challenge), rows: rows)],
            with: key
        )
    }

    /// Signs both blocks of an upgrade, the new model's first; the one block of any other role.
    public static func sign(
        challenge: SignedChallenge,
        time: UInt64,
        blocks: [Block],
        with key: SigningKey
    ) -> SensorAttestation {
        let message = message(challenge: challenge, time: time, blocks: blocks)
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
        isValid(challenge: challenge, blocks: [Block(shape: shape ?? Self.matchShape(challenge), rows: rows)])
    }

    /// Whether the signature is by `publicKey` over exactly these blocks, in this order, under this challenge. False
    /// where `publicKey` is no valid key.
    public func isValid(challenge: SignedChallenge, blocks: [Block]) -> Bool {
        guard let key = VerifyingKey(publicKey) else { return false }
        return key.isValid(
            signature: signature,
            for: Self.message(challenge: challenge, time: time, blocks: blocks)
        )
    }

    private static func matchShape(_ challenge: SignedChallenge) -> TensorShape {
        TensorShape(channels: 1, height: 1, width: challenge.challenge.dimension)
    }

    private static func message(challenge: SignedChallenge, time: UInt64, blocks: [Block]) -> [UInt8] {
        var writer = WireWriter()
        writer.append(raw: "semblance sensor v1".utf8)
        writer.append(challenge.challenge.assurance.rawValue)
        writer.append(challenge.challenge.modality.rawValue)
        writer.append(raw: challenge.digest)
        writer.append(time)
        for block in blocks {
            writer.append(UInt32(truncatingIfNeeded: block.shape.height))
            writer.append(UInt32(truncatingIfNeeded: block.shape.width))
            writer.append(UInt32(truncatingIfNeeded: block.shape.channels))
            writer.append(UInt32(truncatingIfNeeded: block.rows.count))
            for row in block.rows {
                writer.append(point: row)
            }
        }
        return writer.bytes
    }

    /// 104 bytes: u64 time, key, signature (docs/protocol.md section 2.2).
    public func encode() -> [UInt8] {
        var writer = WireWriter()
        write(to: &writer)
        return writer.bytes
    }

    /// Reads exactly 104 bytes, of any content: what they are worth ``isValid(challenge:blocks:)`` tells.
    public init(decoding bytes: some Collection<UInt8>) throws(WireError) {
        var reader = WireReader(bytes)
        try self.init(reading: &reader)
        try reader.finish()
    }

    /// Appends 104 bytes.
    package func write(to writer: inout WireWriter) {
        writer.append(time)
        writer.append(raw: publicKey)
        writer.append(raw: signature)
    }

    /// Reads 104 bytes of any content.
    package init(reading reader: inout WireReader) throws(WireError) {
        self.time = try reader.readInteger()
        self.publicKey = try reader.readRaw(32)
        self.signature = try reader.readRaw(64)
    }
}
