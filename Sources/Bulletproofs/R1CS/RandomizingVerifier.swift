import Ristretto255
import Transcript

/// The verifier's constraint system in its second phase; handed to callbacks only.
public final class RandomizingVerifier: RandomizedConstraintSystem {
    private let verifier: R1CSVerifier

    init(verifier: R1CSVerifier) {
        self.verifier = verifier
    }

    public var transcript: Transcript {
        get { verifier.transcript }
        set { verifier.transcript = newValue }
    }

    public func multiply(
        _ left: LinearCombination,
        _ right: LinearCombination
    ) -> (left: Variable, right: Variable, output: Variable) {
        verifier.multiply(left, right)
    }

    public func allocate(_ assignment: Scalar?) throws(BulletproofError) -> Variable {
        try verifier.allocate(assignment)
    }

    public func allocateMultiplier(
        _ assignment: (left: Scalar, right: Scalar)?
    ) throws(BulletproofError) -> (left: Variable, right: Variable, output: Variable) {
        try verifier.allocateMultiplier(assignment)
    }

    public func constrain(_ combination: LinearCombination) {
        verifier.constrain(combination)
    }
}
