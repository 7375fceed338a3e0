import Ristretto255

extension Scalar {
    /// `1, self, self^2, ...`: the first `count` powers.
    package func powers(_ count: Int) -> [Scalar] {
        Scalar.powers(of: self, count: count)
    }
}

/// Whether a length is a power of two (and not zero).
package func isPowerOfTwo(_ value: Int) -> Bool {
    value > 0 && value & (value - 1) == 0
}

/// The least power of two that is at least `value`, which must be in `0 ... 2^31`; 1 for 0 and 1.
package func nextPowerOfTwo(_ value: Int) -> Int {
    value <= 1 ? 1 : 1 << (Int.bitWidth - (value - 1).leadingZeroBitCount)
}

/// The binary logarithm of a power of two.
package func logarithm(_ powerOfTwo: Int) -> Int {
    powerOfTwo.trailingZeroBitCount
}
