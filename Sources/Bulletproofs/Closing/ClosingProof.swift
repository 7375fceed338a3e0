import Ristretto255
import Transcript

/// A closing argument without its commitments to the wires: `T_1, T_3, T_4, T_5, T_6, t_x, t_x_blinding, e_blinding,
/// (L, R)*, a, b`, 32 bytes each, their number fixed by the number of gates.
///
/// Together with ``ClosingCommitments`` it is a dalek `R1CSProof` of version 0 (``exportDalek(commitments:)``).
public struct ClosingProof: Equatable, Sendable {
    let polynomials: PolynomialCommitments

    init(polynomials: PolynomialCommitments) {
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

    /// The bytes of the dalek crate's `R1CSProof`, version 0.
    public func exportDalek(commitments: ClosingCommitments) -> [UInt8] {
        R1CSProof(
            phase1: commitments.points,
            phase2: Array(repeating: .identity, count: 3),
            polynomials: polynomials
        ).encode()
    }

    /// Reads what ``exportDalek(commitments:)`` writes, for `gateCount` gates.
    ///
    /// Version 1, with whatever commitments to a second phase, is refused: a closing argument has no gate there, and a
    /// second encoding of one proof would make it malleable. Throws ``BulletproofError/formatError``.
    public static func importDalek(
        _ bytes: some Collection<UInt8>,
        gateCount: Int
    ) throws(BulletproofError) -> (commitments: ClosingCommitments, proof: ClosingProof) {
        let expected = R1CSProof.byteCount(gateCount: gateCount, hasSecondPhaseGates: false)
        guard bytes.count == expected else { throw .formatError }
        let proof = try R1CSProof(decoding: bytes)
        guard proof.phase2.allSatisfy({ $0 == .identity }) else { throw .formatError }
        return (
            ClosingCommitments(input: proof.phase1[0], output: proof.phase1[1], blinding: proof.phase1[2]),
            ClosingProof(polynomials: proof.polynomials)
        )
    }
}
