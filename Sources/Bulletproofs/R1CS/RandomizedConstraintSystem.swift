import Ristretto255

/// A constraint system in its second phase, when the first phase's wires are committed and challenges may be drawn.
public protocol RandomizedConstraintSystem: ConstraintSystem {
    /// A challenge that depends on everything committed so far.
    func challengeScalar(_ label: StaticString) -> Scalar
}

extension RandomizedConstraintSystem {
    public func challengeScalar(_ label: StaticString) -> Scalar {
        transcript.challengeScalar(label)
    }
}
