/// A constraint system in its first phase, to which a second, randomised phase can be added.
public protocol RandomizableConstraintSystem: ConstraintSystem {
    associatedtype Randomized: RandomizedConstraintSystem

    /// Adds gates and constraints that depend on challenges. `callback` runs when the first phase's wires are committed.
    func specifyRandomizedConstraints(_ callback: @escaping (Randomized) throws(BulletproofError) -> Void)
}
