import Ristretto255

/// The 1600-bit state of Keccak (FIPS 202, section 3): 25 lanes of 64 bits, `lane(x + 5y)` being `A[x, y]`.
///
/// The lanes are stored properties, not an array, so the permutation works on registers and never checks a bound.
/// The bytes of the state are the lanes in order, little-endian.
struct KeccakState: Sendable {
    /// Bytes in the state.
    static let byteCount = 200

    var lane0: UInt64 = 0
    var lane1: UInt64 = 0
    var lane2: UInt64 = 0
    var lane3: UInt64 = 0
    var lane4: UInt64 = 0
    var lane5: UInt64 = 0
    var lane6: UInt64 = 0
    var lane7: UInt64 = 0
    var lane8: UInt64 = 0
    var lane9: UInt64 = 0
    var lane10: UInt64 = 0
    var lane11: UInt64 = 0
    var lane12: UInt64 = 0
    var lane13: UInt64 = 0
    var lane14: UInt64 = 0
    var lane15: UInt64 = 0
    var lane16: UInt64 = 0
    var lane17: UInt64 = 0
    var lane18: UInt64 = 0
    var lane19: UInt64 = 0
    var lane20: UInt64 = 0
    var lane21: UInt64 = 0
    var lane22: UInt64 = 0
    var lane23: UInt64 = 0
    var lane24: UInt64 = 0

    init() {}

    /// Applies Keccak-f[1600], 24 rounds (FIPS 202, section 3.3).
    @inline(never)
    mutating func permute() {
        var a0 = lane0
        var a1 = lane1
        var a2 = lane2
        var a3 = lane3
        var a4 = lane4
        var a5 = lane5
        var a6 = lane6
        var a7 = lane7
        var a8 = lane8
        var a9 = lane9
        var a10 = lane10
        var a11 = lane11
        var a12 = lane12
        var a13 = lane13
        var a14 = lane14
        var a15 = lane15
        var a16 = lane16
        var a17 = lane17
        var a18 = lane18
        var a19 = lane19
        var a20 = lane20
        var a21 = lane21
        var a22 = lane22
        var a23 = lane23
        var a24 = lane24

        for roundConstant in Self.roundConstants {
            let c0 = a0 ^ a5 ^ a10 ^ a15 ^ a20
            let c1 = a1 ^ a6 ^ a11 ^ a16 ^ a21
            let c2 = a2 ^ a7 ^ a12 ^ a17 ^ a22
            let c3 = a3 ^ a8 ^ a13 ^ a18 ^ a23
            let c4 = a4 ^ a9 ^ a14 ^ a19 ^ a24
            let d0 = c4 ^ rotateLeft(c1, 1)
            let d1 = c0 ^ rotateLeft(c2, 1)
            let d2 = c1 ^ rotateLeft(c3, 1)
            let d3 = c2 ^ rotateLeft(c4, 1)
            let d4 = c3 ^ rotateLeft(c0, 1)

            let b0 = a0 ^ d0
            let b1 = rotateLeft(a6 ^ d1, 44)
            let b2 = rotateLeft(a12 ^ d2, 43)
            let b3 = rotateLeft(a18 ^ d3, 21)
            let b4 = rotateLeft(a24 ^ d4, 14)
            let b5 = rotateLeft(a3 ^ d3, 28)
            let b6 = rotateLeft(a9 ^ d4, 20)
            let b7 = rotateLeft(a10 ^ d0, 3)
            let b8 = rotateLeft(a16 ^ d1, 45)
            let b9 = rotateLeft(a22 ^ d2, 61)
            let b10 = rotateLeft(a1 ^ d1, 1)
            let b11 = rotateLeft(a7 ^ d2, 6)
            let b12 = rotateLeft(a13 ^ d3, 25)
            let b13 = rotateLeft(a19 ^ d4, 8)
            let b14 = rotateLeft(a20 ^ d0, 18)
            let b15 = rotateLeft(a4 ^ d4, 27)
            let b16 = rotateLeft(a5 ^ d0, 36)
            let b17 = rotateLeft(a11 ^ d1, 10)
            let b18 = rotateLeft(a17 ^ d2, 15)
            let b19 = rotateLeft(a23 ^ d3, 56)
            let b20 = rotateLeft(a2 ^ d2, 62)
            let b21 = rotateLeft(a8 ^ d3, 55)
            let b22 = rotateLeft(a14 ^ d4, 39)
            let b23 = rotateLeft(a15 ^ d0, 41)
            let b24 = rotateLeft(a21 ^ d1, 2)

            a0 = b0 ^ (~b1 & b2) ^ roundConstant
            a1 = b1 ^ (~b2 & b3)
            a2 = b2 ^ (~b3 & b4)
            a3 = b3 ^ (~b4 & b0)
            a4 = b4 ^ (~b0 & b1)
            a5 = b5 ^ (~b6 & b7)
            a6 = b6 ^ (~b7 & b8)
            a7 = b7 ^ (~b8 & b9)
            a8 = b8 ^ (~b9 & b5)
            a9 = b9 ^ (~b5 & b6)
            a10 = b10 ^ (~b11 & b12)
            a11 = b11 ^ (~b12 & b13)
            a12 = b12 ^ (~b13 & b14)
            a13 = b13 ^ (~b14 & b10)
            a14 = b14 ^ (~b10 & b11)
            a15 = b15 ^ (~b16 & b17)
            a16 = b16 ^ (~b17 & b18)
            a17 = b17 ^ (~b18 & b19)
            a18 = b18 ^ (~b19 & b15)
            a19 = b19 ^ (~b15 & b16)
            a20 = b20 ^ (~b21 & b22)
            a21 = b21 ^ (~b22 & b23)
            a22 = b22 ^ (~b23 & b24)
            a23 = b23 ^ (~b24 & b20)
            a24 = b24 ^ (~b20 & b21)
        }

        lane0 = a0
        lane1 = a1
        lane2 = a2
        lane3 = a3
        lane4 = a4
        lane5 = a5
        lane6 = a6
        lane7 = a7
        lane8 = a8
        lane9 = a9
        lane10 = a10
        lane11 = a11
        lane12 = a12
        lane13 = a13
        lane14 = a14
        lane15 = a15
        lane16 = a16
        lane17 = a17
        lane18 = a18
        lane19 = a19
        lane20 = a20
        lane21 = a21
        lane22 = a22
        lane23 = a23
        lane24 = a24
    }

    /// Calls `body` with the 200 bytes of the state.
    @inline(__always)
    mutating func withMutableBytes<R>(_ body: (UnsafeMutableRawBufferPointer) -> R) -> R {
        #if _endian(big)
            #error("KeccakState stores its lanes little-endian")
        #endif
        return withUnsafeMutableBytes(of: &self, body)
    }

    /// Overwrites the state with zeros in a way that the optimiser keeps.
    mutating func wipe() {
        withUnsafeMutableBytes(of: &self) { wipeMemory($0) }
    }

    /// Round constants of the step iota (FIPS 202, section 3.2.5).
    private static let roundConstants: [UInt64] = [
        0x0000_0000_0000_0001, 0x0000_0000_0000_8082, 0x8000_0000_0000_808A, 0x8000_0000_8000_8000,
        0x0000_0000_0000_808B, 0x0000_0000_8000_0001, 0x8000_0000_8000_8081, 0x8000_0000_0000_8009,
        0x0000_0000_0000_008A, 0x0000_0000_0000_0088, 0x0000_0000_8000_8009, 0x0000_0000_8000_000A,
        0x0000_0000_8000_808B, 0x8000_0000_0000_008B, 0x8000_0000_0000_8089, 0x8000_0000_0000_8003,
        0x8000_0000_0000_8002, 0x8000_0000_0000_0080, 0x0000_0000_0000_800A, 0x8000_0000_8000_000A,
        0x8000_0000_8000_8081, 0x8000_0000_0000_8080, 0x0000_0000_8000_0001, 0x8000_0000_8000_8008,
    ]
}

@inline(__always)
private func rotateLeft(_ value: UInt64, _ count: UInt64) -> UInt64 {
    (value &<< count) | (value &>> (64 &- count))
}
