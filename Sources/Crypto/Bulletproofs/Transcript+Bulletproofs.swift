import Ristretto255
import Transcript

extension Transcript {
    /// Appends the name of a sub-protocol, as dalek does.
    package mutating func appendDomainSeparator(_ name: StaticString) {
        append("dom-sep", message: name)
    }

    /// Appends a point of the proof, refusing the identity (dalek's `validate_and_append_point`).
    package mutating func validateAndAppend(_ label: StaticString, point: CompressedRistretto) throws(BulletproofError)
    {
        guard point != .identity else { throw .verificationError }
        append(label, point: point)
    }

    /// A challenge that is not zero; zero is a named error on both sides.
    package mutating func nonzeroChallenge(_ label: StaticString) throws(BulletproofError) -> Scalar {
        try requireNonzero(challengeScalar(label))
    }

    mutating func appendInnerProductDomain(length: Int) {
        appendDomainSeparator("ipp v1")
        append("n", u64: UInt64(length))
    }
}

/// Passes a challenge on unless it is zero. Throws ``BulletproofError/zeroChallenge``.
func requireNonzero(_ challenge: Scalar) throws(BulletproofError) -> Scalar {
    guard !challenge.isZero else { throw .zeroChallenge }
    return challenge
}
