import Ristretto255
import Transcript

/// The commitments to the wires of a closing argument, `A_I1`, `A_O1`, `S1`: 96 bytes.
public struct ClosingCommitments: Equatable, Sendable {
    /// `A_I1`, to the gates' inputs.
    public let input: CompressedRistretto
    /// `A_O1`, to the gates' outputs.
    public let output: CompressedRistretto
    /// `S1`, to the blinding vectors.
    public let blinding: CompressedRistretto

    /// Bytes of the encoding.
    public static let byteCount = 96

    public init(input: CompressedRistretto, output: CompressedRistretto, blinding: CompressedRistretto) {
        self.input = input
        self.output = output
        self.blinding = blinding
    }

    /// Decodes 96 bytes; the points are decoded by the verifier. Throws ``BulletproofError/formatError``.
    public init(decoding bytes: some Collection<UInt8>) throws(BulletproofError) {
        guard bytes.count == Self.byteCount else { throw .formatError }
        var reader = ProofReader(ArraySlice(bytes))
        self.init(input: try reader.point(), output: try reader.point(), blinding: try reader.point())
    }

    /// Encodes `A_I1, A_O1, S1`.
    public func encode() -> [UInt8] {
        points.flatMap { $0.bytes }
    }

    var points: [CompressedRistretto] { [input, output, blinding] }

    /// Appends what dalek's prover appends with these commitments and nothing else: no external commitments, all gates
    /// in phase 1, a second phase of constraints to come.
    static func appendPreamble(to transcript: inout Transcript) {
        transcript.appendDomainSeparator("r1cs v1")
        transcript.append("m", u64: 0)
    }
}
