import Bulletproofs
import Multilinear
import Ristretto255

extension GroupEquation {
    /// Adds a closing argument's equation; false where it does not fit the generators.
    package mutating func add(
        _ closing: VerificationEquation,
        generators: BulletproofGenerators,
        times weight: Scalar
    ) -> Bool {
        guard let terms = try? closing.terms(generators: generators, pedersen: .standard) else { return false }
        for (scalar, point) in zip(terms.scalars, terms.points) { add(weight * scalar, point) }
        return true
    }
}
