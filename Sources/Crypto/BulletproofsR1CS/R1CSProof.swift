import Bulletproofs
import Ristretto255
import Transcript

/// A proof that committed values satisfy a constraint system (Bulletproofs, section 5, with a second, randomised phase),
/// byte for byte dalek's `R1CSProof`.
///
/// The encoding is a version byte, 0 without and 1 with commitments to the wires of a second phase, then `A_I1, A_O1, S1`,
/// (`A_I2, A_O2, S2`,) `T_1, T_3, T_4, T_5, T_6, t_x, t_x_blinding, e_blinding` and the inner-product argument.
public struct R1CSProof: Equatable, Sendable {
    /// `A_I1, A_O1, S1`.
    let phase1: [CompressedRistretto]
    /// `A_I2, A_O2, S2`; identities if no gate was added in the second phase.
    let phase2: [CompressedRistretto]
    let polynomials: PolynomialCommitments

    private static let onePhase: UInt8 = 0
    private static let twoPhases: UInt8 = 1

    init(phase1: [CompressedRistretto], phase2: [CompressedRistretto], polynomials: PolynomialCommitments) {
        self.phase1 = phase1
        self.phase2 = phase2
        self.polynomials = polynomials
    }

    /// Bytes of an encoded proof for `gateCount` gates.
    public static func byteCount(gateCount: Int, hasSecondPhaseGates: Bool) -> Int {
        1 + 32 * ((hasSecondPhaseGates ? 6 : 3) + PolynomialCommitments.fixedElementCount)
            + InnerProductArgument.byteCount(length: nextPowerOfTwo(gateCount))
    }

    /// Encodes the proof as dalek's `to_bytes` does.
    public func encode() -> [UInt8] {
        let hasSecondPhase = phase2.contains { $0 != .identity }
        var bytes = [hasSecondPhase ? Self.twoPhases : Self.onePhase]
        for point in phase1 + (hasSecondPhase ? phase2 : []) {
            bytes += point.bytes
        }
        return bytes + polynomials.encode()
    }

    /// Decodes a proof; there is one encoding of each.
    ///
    /// Unlike dalek this refuses version 1 with three identities for the second phase, which would be a second encoding of
    /// a proof of version 0. Throws ``BulletproofError/formatError``.
    public init(decoding bytes: some Collection<UInt8>) throws(BulletproofError) {
        let bytes = ArraySlice(bytes)
        guard let version = bytes.first, version == Self.onePhase || version == Self.twoPhases else {
            throw .formatError
        }
        var reader = ProofReader(bytes.dropFirst())
        phase1 = [try reader.point(), try reader.point(), try reader.point()]
        if version == Self.twoPhases {
            phase2 = [try reader.point(), try reader.point(), try reader.point()]
            guard phase2.contains(where: { $0 != .identity }) else { throw .formatError }
        } else {
            phase2 = Array(repeating: .identity, count: 3)
        }
        polynomials = try PolynomialCommitments(reading: &reader)
    }
}

extension ClosingProof {
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
