import Ristretto255

extension Transcript {
    /// Appends the canonical 32 bytes of a scalar.
    public mutating func append(_ label: StaticString, scalar: Scalar) {
        scalar.withBytes { append(label, rawBytes: $0) }
    }

    /// Appends the 32 bytes of an encoded point; that they decode to a point is not checked here.
    public mutating func append(_ label: StaticString, point: CompressedRistretto) {
        point.withBytes { append(label, rawBytes: $0) }
    }

    /// Reads a challenge: 64 bytes reduced modulo l, as dalek's `challenge_scalar`.
    ///
    /// Zero comes with probability 2^-252 and is for the caller to refuse where the argument divides by it.
    public mutating func challengeScalar(_ label: StaticString) -> Scalar {
        #if SEMBLANCE_TESTING
            if !programmedChallenges.isEmpty { return programmedChallenges.removeFirst() }
        #endif
        var words = WideScalarWords()
        withUnsafeMutableBytes(of: &words.bytes) { challenge(label, into: $0) }
        return words.scalar()
    }
}
