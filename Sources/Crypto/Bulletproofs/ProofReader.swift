import Ristretto255

/// Reads a proof's 32-byte elements in order; total on any input.
package struct ProofReader {
    private var bytes: ArraySlice<UInt8>

    /// Starts at the first byte.
    package init(_ bytes: ArraySlice<UInt8>) {
        self.bytes = bytes
    }

    /// Elements left; nil if the bytes left are no whole number of elements.
    package var elementCount: Int? {
        bytes.count % 32 == 0 ? bytes.count / 32 : nil
    }

    /// The next element as an encoded point, not yet decoded.
    package mutating func point() throws(BulletproofError) -> CompressedRistretto {
        guard let point = CompressedRistretto(try element()) else { throw .formatError }
        return point
    }

    /// The next element as a canonical scalar.
    package mutating func scalar() throws(BulletproofError) -> Scalar {
        guard let scalar = Scalar(canonicalBytes: try element()) else { throw .formatError }
        return scalar
    }

    private mutating func element() throws(BulletproofError) -> ArraySlice<UInt8> {
        guard bytes.count >= 32 else { throw .formatError }
        defer { bytes = bytes.dropFirst(32) }
        return bytes.prefix(32)
    }
}
