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
