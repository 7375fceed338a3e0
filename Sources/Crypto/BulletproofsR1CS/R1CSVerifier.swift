import Bulletproofs
import Ristretto255
import Transcript

/// The verifier's constraint system: the prover's commitments, gates without assignments, constraints, and the check.
///
/// Use it once: build the system with the prover's gadget, then call
/// ``verify(_:generators:pedersen:randomness:)``.
public final class R1CSVerifier: TwoPhaseSystem {
    /// The transcript of the proof.
    public var transcript: Transcript

    private var gateCount = 0
    private var constraints: [LinearCombination] = []
    private var commitments: [CompressedRistretto] = []
    var deferred: [(SecondPhase<R1CSVerifier>) throws(BulletproofError) -> Void] = []
    var pendingGate: Int?

    /// Starts a system; the transcript must be in the state in which the prover's was.
    public init(transcript: Transcript) {
        self.transcript = transcript
        self.transcript.appendDomainSeparator("r1cs v1")
    }

    /// Adds the prover's commitment to an external value. It may be the identity (value 0, blinding 0).
    public func commit(_ commitment: CompressedRistretto) -> Variable {
        commitments.append(commitment)
        transcript.append("V", point: commitment)
        return .committed(commitments.count - 1)
    }

    /// Adds a gate whose inputs equal two linear combinations; returns its wires.
    public func multiply(
        _ left: LinearCombination,
        _ right: LinearCombination
    ) -> (left: Variable, right: Variable, output: Variable) {
        let gate = addGate()
        constrain(left - gate.left)
        constrain(right - gate.right)
        return gate
    }

    /// Allocates one wire; see ``ConstraintSystem/allocate(_:)``. The assignment is not read.
    public func allocate(_ assignment: Scalar?) throws(BulletproofError) -> Variable {
        if let gate = pendingGate {
            pendingGate = nil
            return .right(gate)
        }
        pendingGate = gateCount
        return addGate().left
    }

    /// Adds a gate with unconstrained inputs; returns its wires. The assignment is not read.
    public func allocateMultiplier(
        _ assignment: (left: Scalar, right: Scalar)?
    ) throws(BulletproofError) -> (left: Variable, right: Variable, output: Variable) {
        addGate()
    }

    /// Demands that a linear combination be zero.
    public func constrain(_ combination: LinearCombination) {
        constraints.append(combination)
    }

    /// Adds a second phase, which runs when the first one's wires are committed to.
    public func specifyRandomizedConstraints(
        _ callback: @escaping (SecondPhase<R1CSVerifier>) throws(BulletproofError) -> Void
    ) {
        deferred.append(callback)
    }

    /// Verifies a proof.
    ///
    /// - Parameters:
    ///   - generators: at least as many as there are gates, rounded up to a power of two.
    ///   - randomness: a secure generator for the weight of the combined check.
    /// - Throws: ``BulletproofError/verificationError`` if the proof does not hold, ``BulletproofError/zeroChallenge``,
    ///   ``BulletproofError/insufficientGenerators``, ``BulletproofError/unknownVariable``, and what callbacks throw.
    public func verify(
        _ proof: R1CSProof,
        generators: BulletproofGenerators,
        pedersen: PedersenGenerators,
        randomness: inout some RandomNumberGenerator
    ) throws(BulletproofError) {
        let equation = try verificationEquation(for: proof, randomness: &randomness)
        try equation.verify(generators: generators, pedersen: pedersen)
    }

    /// Everything ``verify(_:generators:pedersen:randomness:)`` does but the multi-scalar multiplication.
    public func verificationEquation(
        for proof: R1CSProof,
        randomness: inout some RandomNumberGenerator
    ) throws(BulletproofError) -> VerificationEquation {
        transcript.append("m", u64: UInt64(commitments.count))
        let first = gateCount
        try transcript.validateAndAppend("A_I1", point: proof.phase1[0])
        try transcript.validateAndAppend("A_O1", point: proof.phase1[1])
        try transcript.validateAndAppend("S1", point: proof.phase1[2])

        try runSecondPhase()
        // Without a gate in phase 2 the prover has nothing to commit to; dalek would let any points pass there.
        guard gateCount > first || proof.phase2.allSatisfy({ $0 == .identity }) else { throw .verificationError }
        return try proof.polynomials.verificationEquation(
            gateCount: gateCount,
            firstPhaseCount: first,
            phase1: proof.phase1,
            phase2: proof.phase2,
            commitments: commitments,
            transcript: &transcript,
            randomness: &randomness
        ) { z throws(BulletproofError) in
            try FlattenedConstraints(
                constraints,
                gateCount: gateCount,
                commitmentCount: commitments.count,
                z: z
            )
        }
    }

    private func addGate() -> (left: Variable, right: Variable, output: Variable) {
        let index = gateCount
        gateCount += 1
        return (.left(index), .right(index), .output(index))
    }
}
