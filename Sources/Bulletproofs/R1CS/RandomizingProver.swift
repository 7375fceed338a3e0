import Ristretto255
import Transcript

/// The prover's constraint system in its second phase; handed to callbacks only.
public final class RandomizingProver: RandomizedConstraintSystem {
    private let prover: R1CSProver

    init(prover: R1CSProver) {
        self.prover = prover
    }

    public var transcript: Transcript {
        get { prover.transcript }
        set { prover.transcript = newValue }
    }

    public func multiply(
        _ left: LinearCombination,
        _ right: LinearCombination
    ) -> (left: Variable, right: Variable, output: Variable) {
        prover.multiply(left, right)
    }

    public func allocate(_ assignment: Scalar?) throws(BulletproofError) -> Variable {
        try prover.allocate(assignment)
    }

    public func allocateMultiplier(
        _ assignment: (left: Scalar, right: Scalar)?
    ) throws(BulletproofError) -> (left: Variable, right: Variable, output: Variable) {
        try prover.allocateMultiplier(assignment)
    }

    public func constrain(_ combination: LinearCombination) {
        prover.constrain(combination)
    }
}
