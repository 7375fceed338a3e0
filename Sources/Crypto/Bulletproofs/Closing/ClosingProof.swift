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

    /// Commitments that a proof came with; none of them is checked here.
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

    /// In the order of the encoding.
    package var points: [CompressedRistretto] { [input, output, blinding] }

    /// Appends what dalek's prover appends with these commitments and nothing else: no external commitments, all gates
    /// in phase 1, a second phase of constraints to come.
    static func appendPreamble(to transcript: inout Transcript) {
        transcript.appendDomainSeparator("r1cs v1")
        transcript.append("m", u64: 0)
    }
}

/// A closing argument without its commitments to the wires: `T_1, T_3, T_4, T_5, T_6, t_x, t_x_blinding, e_blinding,
/// (L, R)*, a, b`, 32 bytes each, their number fixed by the number of gates.
///
/// Together with ``ClosingCommitments`` it is a dalek `R1CSProof` of version 0 (`exportDalek(commitments:)` of module
/// BulletproofsR1CS).
public struct ClosingProof: Equatable, Sendable {
    /// Everything after the commitments to the wires.
    package let polynomials: PolynomialCommitments

    /// A proof that was just made.
    package init(polynomials: PolynomialCommitments) {
        self.polynomials = polynomials
    }

    /// Bytes of an encoded proof for `gateCount` gates: `32 (10 + 2 ceil(log2 gateCount))`.
    public static func byteCount(gateCount: Int) -> Int {
        32 * PolynomialCommitments.fixedElementCount
            + InnerProductArgument.byteCount(length: nextPowerOfTwo(gateCount))
    }

    /// Encodes the proof.
    public func encode() -> [UInt8] {
        polynomials.encode()
    }

    /// Decodes a proof for `gateCount` gates, of exactly ``byteCount(gateCount:)`` bytes with canonical scalars; points are
    /// decoded by the verifier. Throws ``BulletproofError/formatError``.
    public init(decoding bytes: some Collection<UInt8>, gateCount: Int) throws(BulletproofError) {
        guard bytes.count == Self.byteCount(gateCount: gateCount) else { throw .formatError }
        var reader = ProofReader(ArraySlice(bytes))
        polynomials = try PolynomialCommitments(reading: &reader)
    }
}
