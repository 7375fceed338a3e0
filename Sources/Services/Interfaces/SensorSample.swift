import Commitments
import Encoding
import Models
import Ristretto255
import Sodium
import Statement
import Varlink

/// One capture, committed for one challenge: what goes from the sensor to the prover (`Sample` in
/// `org.semblance.Sensor`). Values and blinders are secret; they are wiped when the last sample that holds them is gone.
public struct SensorSample: Sendable {
    /// What a proof starts from, committed, and what opens the commitments.
    public struct Block: Sendable {
        /// At `match` dimension and entries of an embedding (its encoding but for the blinder); else a block's entries, i16
        /// little-endian, [channel][row][column].
        let values: SecretBytes
        /// 32 bytes for each row.
        let blinders: SecretBytes
        /// 32 bytes for each row.
        let commitments: [UInt8]
    }

    /// A member that is missing or is not what it must be.
    public struct Fault: Error, Equatable, CustomStringConvertible {
        /// As `org.semblance.Sensor` names it.
        public let member: String

        public var description: String { "the sample's \(member) is missing or malformed" }
    }

    /// The place of its challenge among those of the capture, from 0.
    public let challenge: Int
    /// At `match` the embedding, else the start block; under the challenge's model.
    public let block: Block
    /// The same capture under the previous model, for an upgrade.
    public let previous: Block?
    /// Covers both.
    public let attestation: SensorAttestation
    /// 0...1, for advice only.
    public let quality: Double

    public init(
        challenge: Int,
        block: Block,
        previous: Block? = nil,
        attestation: SensorAttestation,
        quality: Double
    ) {
        self.challenge = challenge
        self.block = block
        self.previous = previous
        self.attestation = attestation
        self.quality = quality
    }
}

// MARK: On the wire

extension SensorSample {
    /// The samples of one capture. Values that are those of the sample before are left out: at `head` and `full` they are
    /// most of a sample.
    public static func encode(_ samples: [SensorSample]) -> [[String: JSON]] {
        var last: Block?
        return samples.map { sample in
            defer { last = sample.block }
            return sample.encode(withValues: !(last?.hasValues(of: sample.block) ?? false))
        }
    }

    /// The samples of a reply of `Capture`, in its order; there may be none.
    public static func decode(_ reply: Parameters) throws(Fault) -> [SensorSample] {
        let entries = try read("samples") { () throws(VarlinkError) in try reply.objects("samples") }
        var samples: [SensorSample] = []
        for entry in entries { samples.append(try SensorSample(entry, valuesBefore: samples.last?.block.values)) }
        return samples
    }

    private func encode(withValues: Bool) -> [String: JSON] {
        var members = block.encode()
        if !withValues { members["values"] = nil }
        members["challenge"] = .integer(Int64(challenge))
        members["previous"] = previous.map { .object($0.encode()) }
        members["attestation"] = .string(Base64.encode(attestation.encode()))
        members["quality"] = .number(quality)
        return members
    }

    private init(_ members: Parameters, valuesBefore: SecretBytes?) throws(Fault) {
        let challenge = try Self.read("challenge") { () throws(VarlinkError) in try members.integer("challenge") }
        guard let challenge = Int(exactly: challenge), challenge >= 0 else { throw Fault(member: "challenge") }
        let previous = try Self.read("previous") { () throws(VarlinkError) in try members.optionalObject("previous") }
        let bytes = try Self.read("attestation") { () throws(VarlinkError) in try members.bytes("attestation") }
        guard let attestation = try? SensorAttestation(decoding: bytes) else { throw Fault(member: "attestation") }
        let quality = try Self.read("quality") { () throws(VarlinkError) in try members.optionalFloat("quality") }
        guard let quality, (0...1).contains(quality) else { throw Fault(member: "quality") }
        self.init(
            challenge: challenge,
            block: try Block(members, valuesBefore: valuesBefore),
            previous: try previous.map { members throws(Fault) in try Block(members, valuesBefore: nil) },
            attestation: attestation,
            quality: quality
        )
    }

    fileprivate static func read<Value>(
        _ member: String,
        _ body: () throws(VarlinkError) -> Value
    ) throws(Fault) -> Value {
        do {
            return try body()
        } catch {
            throw Fault(member: member)
        }
    }
}

extension SensorSample.Block {
    fileprivate func encode() -> [String: JSON] {
        [
            "values": .string(values.withUnsafeBytes { Base64.encode($0) }),
            "blinder": .string(blinders.withUnsafeBytes { Base64.encode($0) }),
            "commitment": .string(Base64.encode(commitments)),
        ]
    }

    /// - Parameter valuesBefore: of the sample before, for one that leaves its own out.
    fileprivate init(_ members: Parameters, valuesBefore: SecretBytes?) throws(SensorSample.Fault) {
        let own = try Self.secret("values") { () throws(VarlinkError) in try members.optionalBytes("values") }
        guard let values = own ?? valuesBefore else { throw .init(member: "values") }
        let blinders = try Self.secret("blinder") { () throws(VarlinkError) in try members.bytes("blinder") }
        guard let blinders, blinders.count % 32 == 0 else { throw .init(member: "blinder") }
        let commitments = try SensorSample.read("commitment") { () throws(VarlinkError) in
            try members.bytes("commitment")
        }
        guard commitments.count == blinders.count else { throw .init(member: "commitment") }
        self.init(values: values, blinders: blinders, commitments: commitments)
    }

    private static func secret(
        _ member: String,
        _ body: () throws(VarlinkError) -> [UInt8]?
    ) throws(SensorSample.Fault) -> SecretBytes? {
        guard var bytes = try SensorSample.read(member, body) else { return nil }
        defer { SecretBytes.zero(&bytes) }
        return SecretBytes(copying: bytes)
    }

    fileprivate func hasValues(of other: SensorSample.Block) -> Bool {
        values.withUnsafeBytes { own in other.values.withUnsafeBytes { own.elementsEqual($0) } }
    }
}

// MARK: Openings

extension SensorSample.Block {
    /// Of a sample at `match`.
    public init(_ opening: EmbeddingOpening) {
        var encoded = opening.encode()
        defer { SecretBytes.zero(&encoded) }
        self.init(
            values: SecretBytes(copying: encoded.dropLast(32)),
            blinders: SecretBytes(copying: encoded.suffix(32)),
            commitments: opening.commitment.bytes
        )
    }

    /// Of a sample at `head` or `full`.
    public init(_ opening: StartOpening) {
        let values = SecretBytes(count: 2 * opening.values.count) { bytes in
            for (index, value) in opening.values.enumerated() {
                bytes.storeBytes(of: value.littleEndian, toByteOffset: 2 * index, as: Int16.self)
            }
        }
        var blinders = opening.blinders.flatMap(\.bytes)
        defer { SecretBytes.zero(&blinders) }
        self.init(
            values: values,
            blinders: SecretBytes(copying: blinders),
            commitments: opening.commitments.flatMap(\.bytes)
        )
    }

    /// The embedding, of a sample at `match`. It opens the commitment.
    public func embeddingOpening() throws(SensorSample.Fault) -> EmbeddingOpening {
        guard blinders.count == 32 else { throw .init(member: "blinder") }
        let encoded = SecretBytes(count: values.count + 32) { bytes in
            values.withUnsafeBytes { bytes.copyMemory(from: $0) }
            blinders.withUnsafeBytes {
                UnsafeMutableRawBufferPointer(rebasing: bytes[values.count...]).copyMemory(from: $0)
            }
        }
        guard let opening = encoded.withUnsafeBytes({ try? EmbeddingOpening(decoding: $0) }) else {
            throw .init(member: "values")
        }
        guard opening.commitment.bytes == commitments else { throw .init(member: "commitment") }
        return opening
    }

    /// The start block, of a sample at `head` or `full`. It opens the commitments.
    ///
    /// - Parameter start: which block of the network it is.
    public func startOpening(
        _ description: NetworkDescription,
        start: Int
    ) throws(SensorSample.Fault) -> StartOpening {
        guard values.count % 2 == 0 else { throw .init(member: "values") }
        let entries = values.withUnsafeBytes { bytes in
            stride(from: 0, to: bytes.count, by: 2).map {
                Int16(littleEndian: bytes.loadUnaligned(fromByteOffset: $0, as: Int16.self))
            }
        }
        let scalars = blinders.withUnsafeBytes { bytes in
            stride(from: 0, to: bytes.count, by: 32).map { Scalar(canonicalBytes: bytes[$0..<$0 + 32]) }
        }
        let blinders = scalars.compactMap { $0 }
        guard blinders.count == scalars.count else { throw .init(member: "blinder") }
        guard
            let opening = try? StartOpening(
                values: entries,
                blinders: blinders,
                description: description,
                start: start
            )
        else { throw .init(member: "values") }
        guard opening.commitments.flatMap(\.bytes) == commitments else { throw .init(member: "commitment") }
        return opening
    }
}
