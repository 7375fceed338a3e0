import Ristretto255

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
