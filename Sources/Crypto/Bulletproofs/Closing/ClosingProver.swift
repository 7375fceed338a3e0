import Ristretto255
import Transcript

/// The prover of a closing argument: a dalek R1CS proof without external commitments, whose gates are all in phase 1 and
/// whose linear constraints come after the challenges (docs/bulletproofs.md, section 5).
///
/// ``commit(left:right:output:generators:pedersen:transcript:randomness:)`` commits to the wires; then the transcript is
/// the caller's, for any messages and challenges; then ``finish(constraints:transcript:)`` proves linear constraints whose
/// coefficients depend on them. A prover cannot be copied and is consumed by `finish`: two proofs from one commitment
/// would share its blinding factors and reveal wires. Its secrets are erased with it.
public struct ClosingProver: ~Copyable {
    /// The commitments, already on the transcript.
    public let commitments: ClosingCommitments

    private let wires: CircuitWires
    private let phase: PhaseCommitment
    private let generators: BulletproofGenerators
    private let pedersen: PedersenGenerators
    private let random: TranscriptRandom

    /// Commits to the wires of `n` gates, in constant time, and appends to the transcript what dalek's prover appends: the
    /// domain separator `r1cs v1`, `m` = 0, `A_I1`, `A_O1`, `S1`, the domain separator `r1cs-2phase`.
    ///
    /// - Parameters:
    ///   - left: left inputs of `n` gates.
    ///   - right: right inputs.
    ///   - output: outputs; if one is not the product of its gate's inputs, the proof will not verify.
    ///   - generators: at least `n` rounded up to a power of two.
    ///   - randomness: a secure generator. The blinding factors are drawn from Merlin's generator, keyed by the
    ///     transcript, every wire and 32 bytes of it.
    /// - Throws: ``BulletproofError/lengthMismatch``, ``BulletproofError/insufficientGenerators``.
    public static func commit(
        left: [Scalar],
        right: [Scalar],
        output: [Scalar],
        generators: BulletproofGenerators,
        pedersen: PedersenGenerators,
        transcript: inout Transcript,
        randomness: inout some RandomNumberGenerator
    ) throws(BulletproofError) -> ClosingProver {
        guard left.count == right.count, left.count == output.count else { throw .lengthMismatch }
        guard left.count <= generators.capacity, nextPowerOfTwo(left.count) <= generators.capacity else {
            throw .insufficientGenerators
        }
        ClosingCommitments.appendPreamble(to: &transcript)
        let wires = CircuitWires(left: left, right: right, output: output)
        var builder = transcript.randomnessBuilder()
        builder.rekey(wires: wires)
        let random = builder.finalize(using: &randomness)
        let phase = PhaseCommitment(
            wires: wires,
            range: 0..<left.count,
            generators: generators,
            pedersen: pedersen,
            random: random
        )
        transcript.append("A_I1", point: phase.input)
        transcript.append("A_O1", point: phase.output)
        transcript.append("S1", point: phase.blinding)
        transcript.appendDomainSeparator("r1cs-2phase")
        return ClosingProver(
            commitments: ClosingCommitments(input: phase.input, output: phase.output, blinding: phase.blinding),
            wires: wires,
            phase: phase,
            generators: generators,
            pedersen: pedersen,
            random: random
        )
    }

    /// Proves that the committed wires satisfy the gates and `constraints`, in the order in which the verifier will name
    /// them. That they do is not checked; see ``firstViolation(of:)``.
    ///
    /// The remaining blinding factors depend on the commitment's secret generator and on the transcript, on nothing else: a
    /// prover restored from a snapshot repeats itself instead of answering a second challenge for the same messages.
    ///
    /// - Throws: ``BulletproofError/unknownVariable``, ``BulletproofError/zeroChallenge``.
    public consuming func finish(
        constraints: [SparseConstraint],
        transcript: inout Transcript
    ) throws(BulletproofError) -> ClosingProof {
        let gateCount = wires.count
        var seed = random
        let polynomials = try PolynomialCommitments.prove(
            wires: wires,
            firstPhaseCount: gateCount,
            phase1: phase,
            phase2: PhaseCommitment(),
            committedBlindings: [],
            generators: generators,
            pedersen: pedersen,
            transcript: &transcript,
            random: transcript.randomnessBuilder().finalize(using: &seed)
        ) { z throws(BulletproofError) in
            try FlattenedConstraints(constraints, gateCount: gateCount, z: z)
        }
        return ClosingProof(polynomials: polynomials)
    }

    /// The first gate or constraint that the wires violate, or nil. For the honest prover's own checks; variable time.
    public func firstViolation(of constraints: [SparseConstraint]) -> Violation? {
        for gate in 0..<wires.count where wires.left[gate] * wires.right[gate] != wires.output[gate] {
            return .gate(gate)
        }
        for (index, constraint) in constraints.enumerated() {
            let sum = constraint.evaluate(left: wires.left, right: wires.right, output: wires.output)
            if sum?.isZero != true { return .constraint(index) }
        }
        return nil
    }

    /// What a witness violates.
    public enum Violation: Equatable, Sendable {
        /// The output of this gate is not the product of its inputs.
        case gate(Int)
        /// This constraint does not sum to zero, or names a wire that does not exist.
        case constraint(Int)
    }
}
