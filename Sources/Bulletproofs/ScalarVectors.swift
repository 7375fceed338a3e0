import Ristretto255

extension Scalar {
    /// `1, self, self^2, ...`: the first `count` powers.
    func powers(_ count: Int) -> [Scalar] {
        var result: [Scalar] = []
        result.reserveCapacity(count)
        var power = Scalar.one
        for _ in 0..<count {
            result.append(power)
            power *= self
        }
        return result
    }
}

/// Whether a length is a power of two (and not zero).
func isPowerOfTwo(_ value: Int) -> Bool {
    value > 0 && value & (value - 1) == 0
}

/// The least power of two that is at least `value`, which must be in `0 ... 2^31`; 1 for 0 and 1.
func nextPowerOfTwo(_ value: Int) -> Int {
    value <= 1 ? 1 : 1 << (Int.bitWidth - (value - 1).leadingZeroBitCount)
}

/// The binary logarithm of a power of two.
func logarithm(_ powerOfTwo: Int) -> Int {
    powerOfTwo.trailingZeroBitCount
}
