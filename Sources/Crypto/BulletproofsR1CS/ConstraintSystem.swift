import Bulletproofs
import Ristretto255
import Transcript

/// A rank-1 constraint system under construction: multiplication gates and linear constraints on their wires.
///
/// A gadget is a function generic over this protocol; prover and verifier run the same one, the prover with assignments,
/// the verifier with nil.
public protocol ConstraintSystem: AnyObject {
    /// The transcript of the proof. Appending to it binds the proof to what is appended.
    var transcript: Transcript { get set }

    /// Adds a gate whose inputs equal two linear combinations; returns its wires.
    func multiply(
        _ left: LinearCombination,
        _ right: LinearCombination
    ) -> (left: Variable, right: Variable, output: Variable)

    /// Allocates one unconstrained wire: the left and the right input of a gate in turn.
    ///
    /// Throws ``BulletproofError/missingAssignment`` if a prover gets nil.
    func allocate(_ assignment: Scalar?) throws(BulletproofError) -> Variable

    /// Adds a gate with unconstrained inputs; returns its wires.
    ///
    /// Throws ``BulletproofError/missingAssignment`` if a prover gets nil.
    func allocateMultiplier(
        _ assignment: (left: Scalar, right: Scalar)?
    ) throws(BulletproofError) -> (left: Variable, right: Variable, output: Variable)

    /// Demands that a linear combination be zero.
    func constrain(_ combination: LinearCombination)
}

/// A constraint system in its first phase, to which a second, randomised phase can be added (dalek's
/// `RandomizableConstraintSystem`).
public protocol RandomizableConstraintSystem: ConstraintSystem {
    /// Adds gates and constraints that depend on challenges. `callback` runs when the first phase's wires are committed;
    /// what it throws, proving and verifying throw.
    func specifyRandomizedConstraints(_ callback: @escaping (SecondPhase<Self>) throws(BulletproofError) -> Void)
}

/// A constraint system in its second phase: the first phase's wires are committed to, so challenges may be drawn.
///
/// Handed to callbacks only. It is a type of its own so that no gadget can draw a challenge before there is anything that
/// the challenge depends on.
public final class SecondPhase<System: ConstraintSystem>: ConstraintSystem {
    private let system: System

    init(_ system: System) {
        self.system = system
    }

    /// The transcript of the proof, which holds the commitments to the first phase's wires.
    public var transcript: Transcript {
        get { system.transcript }
        set { system.transcript = newValue }
    }

    /// A challenge that depends on everything committed so far. Zero comes with probability 2^-252.
    public func challengeScalar(_ label: StaticString) -> Scalar {
        transcript.challengeScalar(label)
    }

    /// Adds a gate whose inputs equal two linear combinations; returns its wires.
    public func multiply(
        _ left: LinearCombination,
        _ right: LinearCombination
    ) -> (left: Variable, right: Variable, output: Variable) {
        system.multiply(left, right)
    }

    /// Allocates one wire; see ``ConstraintSystem/allocate(_:)``.
    public func allocate(_ assignment: Scalar?) throws(BulletproofError) -> Variable {
        try system.allocate(assignment)
    }

    /// Adds a gate with unconstrained inputs; returns its wires.
    public func allocateMultiplier(
        _ assignment: (left: Scalar, right: Scalar)?
    ) throws(BulletproofError) -> (left: Variable, right: Variable, output: Variable) {
        try system.allocateMultiplier(assignment)
    }

    /// Demands that a linear combination be zero.
    public func constrain(_ combination: LinearCombination) {
        system.constrain(combination)
    }
}

/// What proving and verifying have in common when the first phase's wires are committed to.
protocol TwoPhaseSystem: RandomizableConstraintSystem {
    /// The callbacks of the second phase, in order.
    var deferred: [(SecondPhase<Self>) throws(BulletproofError) -> Void] { get set }
    /// The gate whose right input ``ConstraintSystem/allocate(_:)`` has yet to give away.
    var pendingGate: Int? { get set }
}

extension TwoPhaseSystem {
    /// Says in the transcript how many phases there are, and runs the second. Wires of the first are not given away in it.
    func runSecondPhase() throws(BulletproofError) {
        pendingGate = nil
        let callbacks = deferred
        deferred = []
        transcript.appendDomainSeparator(callbacks.isEmpty ? "r1cs-1phase" : "r1cs-2phase")
        let phase = SecondPhase(self)
        for callback in callbacks { try callback(phase) }
    }
}
