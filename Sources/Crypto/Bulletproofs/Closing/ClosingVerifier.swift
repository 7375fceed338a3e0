import Ristretto255
import Transcript

/// The verifier of a closing argument; see ``ClosingProver``.
///
/// ``init(gateCount:commitments:transcript:)`` takes the commitments to the wires; then the transcript is the caller's, in
/// step with the prover's; then ``finish(constraints:proof:generators:pedersen:transcript:randomness:)`` checks the proof.
public struct ClosingVerifier: Sendable {
    private let gateCount: Int
    private let commitments: ClosingCommitments

    /// Appends the commitments to the transcript, as the prover did.
    ///
    /// `gateCount` comes from the statement. Throws ``BulletproofError/verificationError`` if a commitment is the identity,
    /// ``BulletproofError/insufficientGenerators`` if the number of gates is negative or above 2^24.
    public init(
        gateCount: Int,
        commitments: ClosingCommitments,
        transcript: inout Transcript
    ) throws(BulletproofError) {
        guard 0...(1 << 24) ~= gateCount else { throw .insufficientGenerators }
        self.gateCount = gateCount
        self.commitments = commitments
        ClosingCommitments.appendPreamble(to: &transcript)
        try transcript.validateAndAppend("A_I1", point: commitments.input)
        try transcript.validateAndAppend("A_O1", point: commitments.output)
        try transcript.validateAndAppend("S1", point: commitments.blinding)
        transcript.appendDomainSeparator("r1cs-2phase")
    }

    /// Verifies a proof of the gates and `constraints`, in the prover's order.
    ///
    /// `randomness` must be secure; it weighs the combined check. Throws ``BulletproofError/verificationError``,
    /// ``BulletproofError/zeroChallenge``, ``BulletproofError/unknownVariable``,
    /// ``BulletproofError/insufficientGenerators``.
    public func finish(
        constraints: [SparseConstraint],
        proof: ClosingProof,
        generators: BulletproofGenerators,
        pedersen: PedersenGenerators,
        transcript: inout Transcript,
        randomness: inout some RandomNumberGenerator
    ) throws(BulletproofError) {
        let equation = try verificationEquation(
            constraints: constraints,
            proof: proof,
            transcript: &transcript,
            randomness: &randomness
        )
        try equation.verify(generators: generators, pedersen: pedersen)
    }

    /// Everything ``finish(constraints:proof:generators:pedersen:transcript:randomness:)`` does but the multi-scalar
    /// multiplication: the equation that remains, for the caller to merge with others under random weights.
    public func verificationEquation(
        constraints: [SparseConstraint],
        proof: ClosingProof,
        transcript: inout Transcript,
        randomness: inout some RandomNumberGenerator
    ) throws(BulletproofError) -> VerificationEquation {
        try proof.polynomials.verificationEquation(
            gateCount: gateCount,
            firstPhaseCount: gateCount,
            phase1: commitments.points,
            phase2: Array(repeating: .identity, count: 3),
            commitments: [],
            transcript: &transcript,
            randomness: &randomness
        ) { z throws(BulletproofError) in
            try FlattenedConstraints(constraints, gateCount: gateCount, z: z)
        }
    }
}
