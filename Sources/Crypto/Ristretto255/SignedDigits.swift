/// Signed-digit recodings of scalars.
enum SignedDigits {
    /// Writes the 64 digits in -8..<8 of s = sum digit[i] 16^i, `stride` apart. Constant time.
    @inline(__always)
    static func radix16(_ s: Scalar, into digits: UnsafeMutablePointer<Int8>, stride: Int = 1) {
        let w = s.words
        var carry: Int8 = 0
        var index = 0
        func write(_ word: UInt64) {
            for shift in Swift.stride(from: UInt64(0), to: 64, by: 4) {
                let digit = Int8(truncatingIfNeeded: word &>> shift & 15) &+ carry
                carry = (digit &+ 8) &>> 4
                digits[index] = digit &- carry &<< 4
                index = index &+ stride
            }
        }
        write(w.0)
        write(w.1)
        write(w.2)
        write(w.3)  // below 2^61: the last carry is zero
    }

    /// Writes the 51 digits in -16...16 of s = sum digit[i] 32^i. Constant time.
    @inline(__always)
    static func radix32(_ s: Scalar, into digits: UnsafeMutablePointer<Int8>) {
        var w = s.words
        var carry: Int8 = 0
        for i in 0..<51 {
            let digit = Int8(truncatingIfNeeded: w.0 & 31) &+ carry
            w.0 = w.0 &>> 5 | w.1 &<< 59
            w.1 = w.1 &>> 5 | w.2 &<< 59
            w.2 = w.2 &>> 5 | w.3 &<< 59
            w.3 = w.3 &>> 5
            carry = (digit &+ 15) &>> 5  // 1 from 17 up
            digits[i] = digit &- carry &<< 5
        }
        // The last digit has the three bits 250...252 of s and a carry: no carry leaves it.
    }

    /// Writes the digits in -16...16 of value = sum digit[i] 32^i, |value| < 2^(5 windows). Constant time.
    @inline(__always)
    static func radix32(_ value: Int32, windows: Int, into digits: UnsafeMutablePointer<Int8>) {
        var rest = Int64(value)
        for i in 0..<windows &- 1 {
            // centred remainder in -16..<16
            let digit = ((rest &+ 16) & 31) &- 16
            digits[i] = Int8(truncatingIfNeeded: digit)
            rest = (rest &- digit) &>> 5
        }
        digits[windows &- 1] = Int8(truncatingIfNeeded: rest)
    }
}

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
