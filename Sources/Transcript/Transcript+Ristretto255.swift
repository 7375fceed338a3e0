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
        withUnsafeTemporaryAllocation(byteCount: 64, alignment: 8) { buffer in
            challenge(label, into: buffer)
            return Scalar(wideBytes: buffer)
        }
    }
}
