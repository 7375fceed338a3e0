import Bulletproofs
import Ristretto255
import Transcript

/// The prover's constraint system: external commitments, gates with their assignments, constraints, and the proof.
///
/// Use it once: build the system with a gadget, then call ``prove(generators:pedersen:randomness:)``. Assignments are
/// erased when the object goes.
public final class R1CSProver: TwoPhaseSystem {
    /// The transcript of the proof.
    public var transcript: Transcript

    private let pedersen: PedersenGenerators
    private let wires = CircuitWires()
    private var constraints: [LinearCombination] = []
    private var values: [Scalar] = []
    private var valueBlindings: [Scalar] = []
    var deferred: [(SecondPhase<R1CSProver>) throws(BulletproofError) -> Void] = []
    var pendingGate: Int?

    /// Starts a system; the transcript must be in the state in which the verifier's will be.
    public init(pedersen: PedersenGenerators, transcript: Transcript) {
        self.pedersen = pedersen
        self.transcript = transcript
        self.transcript.appendDomainSeparator("r1cs v1")
    }

    deinit {
        values.wipe()
        valueBlindings.wipe()
    }

    /// Commits to an external value and appends the commitment to the transcript.
    public func commit(_ value: Scalar, blinding: Scalar) -> (commitment: CompressedRistretto, variable: Variable) {
        values.append(value)
        valueBlindings.append(blinding)
        let commitment = pedersen.commit(value, blinding: blinding).compress()
        transcript.append("V", point: commitment)
        return (commitment, .committed(values.count - 1))
    }

    /// Adds a gate whose inputs equal two linear combinations; returns its wires.
    public func multiply(
        _ left: LinearCombination,
        _ right: LinearCombination
    ) -> (left: Variable, right: Variable, output: Variable) {
        let gate = addGate(left: evaluate(left), right: evaluate(right))
        constrain(left - gate.left)
        constrain(right - gate.right)
        return gate
    }

    /// Allocates one wire; see ``ConstraintSystem/allocate(_:)``. Throws ``BulletproofError/missingAssignment`` for nil.
    public func allocate(_ assignment: Scalar?) throws(BulletproofError) -> Variable {
        guard let value = assignment else { throw .missingAssignment }
        if let gate = pendingGate {
            pendingGate = nil
            wires.right[gate] = value
            wires.output[gate] = wires.left[gate] * value
            return .right(gate)
        }
        pendingGate = wires.count
        return addGate(left: value, right: .zero).left
    }

    /// Adds a gate with unconstrained inputs; returns its wires. Throws ``BulletproofError/missingAssignment`` for nil.
    public func allocateMultiplier(
        _ assignment: (left: Scalar, right: Scalar)?
    ) throws(BulletproofError) -> (left: Variable, right: Variable, output: Variable) {
        guard let assignment else { throw .missingAssignment }
        return addGate(left: assignment.left, right: assignment.right)
    }

    /// Demands that a linear combination be zero.
    public func constrain(_ combination: LinearCombination) {
        constraints.append(combination)
    }

    /// Adds a second phase, which runs when the first one's wires are committed to.
    public func specifyRandomizedConstraints(
        _ callback: @escaping (SecondPhase<R1CSProver>) throws(BulletproofError) -> Void
    ) {
        deferred.append(callback)
    }

    /// Makes the proof. That the assignment satisfies the constraints is not checked; if it does not, the proof does not
    /// verify.
    ///
    /// The blinding factors come from a generator keyed by the transcript, the openings of the external commitments, every
    /// wire and `randomness`, which must be secure.
    ///
    /// - Throws: ``BulletproofError/insufficientGenerators``, ``BulletproofError/unknownVariable``,
    ///   ``BulletproofError/zeroChallenge``, and what the callbacks throw.
    public func prove(
        generators: BulletproofGenerators,
        randomness: inout some RandomNumberGenerator
    ) throws(BulletproofError) -> R1CSProof {
        transcript.append("m", u64: UInt64(values.count))
        let random = makeRandomness(using: &randomness)
        let first = wires.count
        guard first <= generators.capacity else { throw .insufficientGenerators }
        let phase1 = PhaseCommitment(
            wires: wires,
            range: 0..<first,
            generators: generators,
            pedersen: pedersen,
            random: random
        )
        transcript.append("A_I1", point: phase1.input)
        transcript.append("A_O1", point: phase1.output)
        transcript.append("S1", point: phase1.blinding)

        try runSecondPhase()
        guard wires.count <= generators.capacity else { throw .insufficientGenerators }
        let phase2 =
            wires.count == first
            ? PhaseCommitment()
            : PhaseCommitment(
                wires: wires,
                range: first..<wires.count,
                generators: generators,
                pedersen: pedersen,
                random: random
            )

        let polynomials = try PolynomialCommitments.prove(
            wires: wires,
            firstPhaseCount: first,
            phase1: phase1,
            phase2: phase2,
            committedBlindings: valueBlindings,
            generators: generators,
            pedersen: pedersen,
            transcript: &transcript,
            random: random
        ) { z throws(BulletproofError) in
            try FlattenedConstraints(constraints, gateCount: wires.count, commitmentCount: values.count, z: z)
        }
        return R1CSProof(
            phase1: [phase1.input, phase1.output, phase1.blinding],
            phase2: [phase2.input, phase2.output, phase2.blinding],
            polynomials: polynomials
        )
    }

    private func addGate(left: Scalar, right: Scalar) -> (left: Variable, right: Variable, output: Variable) {
        let index = wires.count
        wires.left.append(left)
        wires.right.append(right)
        wires.output.append(left * right)
        return (.left(index), .right(index), .output(index))
    }

    /// The value of a combination; a variable that does not exist counts as zero and is refused when proving.
    private func evaluate(_ combination: LinearCombination) -> Scalar {
        func value(_ vector: [Scalar], _ index: Int) -> Scalar {
            vector.indices.contains(index) ? vector[index] : .zero
        }
        return combination.terms.reduce(.zero) { sum, term in
            switch term.variable {
            case .left(let index): sum + term.coefficient * value(wires.left, index)
            case .right(let index): sum + term.coefficient * value(wires.right, index)
            case .output(let index): sum + term.coefficient * value(wires.output, index)
            case .committed(let index): sum + term.coefficient * value(values, index)
            case .constantOne: sum + term.coefficient
            }
        }
    }

    private func makeRandomness(using randomness: inout some RandomNumberGenerator) -> TranscriptRandom {
        var builder = transcript.randomnessBuilder()
        for (value, blinding) in zip(values, valueBlindings) {
            value.withBytes { builder.rekey("v", rawBytes: $0) }
            blinding.withBytes { builder.rekey("v_blinding", rawBytes: $0) }
        }
        builder.rekey(wires: wires)
        return builder.finalize(using: &randomness)
    }
}
