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

/// 64 bytes to be reduced modulo l, without a byte-wise detour: they are handed to `Scalar.random(using:)`, which reduces
/// the eight words that it draws, as `Scalar(wideBytes:)` reduces bytes.
struct WideScalarWords: RandomNumberGenerator {
    typealias Words = (UInt64, UInt64, UInt64, UInt64, UInt64, UInt64, UInt64, UInt64)

    /// The bytes, in memory order.
    var bytes: Words = (0, 0, 0, 0, 0, 0, 0, 0)
    private var index = 0

    mutating func next() -> UInt64 {
        defer { index += 1 }
        let word = withUnsafeBytes(of: bytes) { $0.load(fromByteOffset: 8 * (index & 7), as: UInt64.self) }
        return UInt64(littleEndian: word)
    }

    /// The bytes as a little-endian integer modulo l.
    mutating func scalar() -> Scalar {
        index = 0
        return Scalar.random(using: &self)
    }
}
