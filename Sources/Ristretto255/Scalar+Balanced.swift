extension Scalar {
    /// The integer of least magnitude congruent to the scalar, at most (l - 1) / 2: magnitude words and sign.
    ///
    /// Variable-time recodings save most of one bit by it.
    @inline(__always)
    var balancedWords: (magnitude: (UInt64, UInt64, UInt64, UInt64), negative: Bool) {
        let positive = words
        let negative = (-self).words
        if (negative.3, negative.2, negative.1, negative.0) < (positive.3, positive.2, positive.1, positive.0) {
            return (negative, true)
        }
        return (positive, false)
    }
}
