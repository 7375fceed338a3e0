/// An element of GF(2^255 - 19) in four unsigned 64-bit limbs, least significant first.
///
/// Any 256-bit integer stands for its residue. One below 2^255 + 2^11 is *tight*: products, squares and `carried()`
/// are, and products and squares accept any operands. Sums and differences are not, and want tight operands where said.
struct FieldElement: Sendable {
    var v0: UInt64
    var v1: UInt64
    var v2: UInt64
    var v3: UInt64

    @inline(__always)
    init(_ v0: UInt64, _ v1: UInt64, _ v2: UInt64, _ v3: UInt64) {
        self.v0 = v0
        self.v1 = v1
        self.v2 = v2
        self.v3 = v3
    }

    @inline(__always)
    init(_ limbs: SIMD4<UInt64>) { self.init(limbs[0], limbs[1], limbs[2], limbs[3]) }
}

// MARK: - Constants (RFC 9496, section 4.1)

extension FieldElement {
    @inline(__always)
    static var zero: FieldElement { FieldElement(0, 0, 0, 0) }

    @inline(__always)
    static var one: FieldElement { FieldElement(1, 0, 0, 0) }

    /// d = -121665/121666, the coefficient of edwards25519.
    static var d: FieldElement {
        FieldElement(0x75eb_4dca_1359_78a3, 0x0070_0a4d_4141_d8ab, 0x8cc7_4079_7779_e898, 0x5203_6cee_2b6f_fe73)
    }

    /// 2d
    static var twoD: FieldElement {
        FieldElement(0xebd6_9b94_26b2_f159, 0x00e0_149a_8283_b156, 0x198e_80f2_eef3_d130, 0x2406_d9dc_56df_fce7)
    }

    /// 1/d
    static var inverseD: FieldElement {
        FieldElement(0x25e0_f276_cdc9_f843, 0x0b5d_d698_4279_542e, 0x2b16_2114_cdb9_cf66, 0x4090_7ed2_14d5_ce43)
    }

    /// The non-negative square root of -1.
    static var squareRootOfMinusOne: FieldElement {
        FieldElement(0xc4ee_1b27_4a0e_a0b0, 0x2f43_1806_ad2f_e478, 0x2b4d_0099_3dfb_d7a7, 0x2b83_2480_4fc1_df0b)
    }

    /// sqrt(a d - 1), a = -1
    static var squareRootOfADMinusOne: FieldElement {
        FieldElement(0x7e97_f6a0_497b_2e1b, 0xaf9d_8e0c_1b78_54bd, 0x0f3c_fcc9_31f5_d1fd, 0x3769_31bf_2b83_48ac)
    }

    /// 1/sqrt(a - d), a = -1
    static var inverseSquareRootOfAMinusD: FieldElement {
        FieldElement(0x99c8_fdaa_805d_40ea, 0x9d2f_1617_5a41_72be, 0x16c2_7b91_fe01_d840, 0x786c_8905_cfaf_fca2)
    }

    /// 1 - d^2
    static var oneMinusDSquared: FieldElement {
        FieldElement(0xe27c_09c1_945f_c176, 0x2c81_a138_cd5e_350f, 0x9994_abdd_be70_dfe4, 0x0290_72a8_b2b3_e0d7)
    }

    /// (d - 1)^2
    static var dMinusOneSquared: FieldElement {
        FieldElement(0x31ad_5aaa_44ed_4d20, 0xd29e_4a2c_b01e_1999, 0x4cdc_d32f_529b_4eeb, 0x5968_b37a_f66c_2241)
    }
}

// MARK: - Arithmetic

/// A word as 128 bits.
@inlinable
@inline(__always)
func wide(_ a: UInt64) -> UInt128 { UInt128(truncatingIfNeeded: a) }

/// Two words as 128 bits.
@inlinable
@inline(__always)
func wide(_ lower: UInt64, _ upper: UInt64) -> UInt128 { wide(upper) &<< 64 | wide(lower) }

/// A carry or borrow as 128 bits; no branch comes of it.
@inlinable
@inline(__always)
func wide(_ bit: Bool) -> UInt128 { bit ? 1 : 0 }

/// The lower word.
@inlinable
@inline(__always)
func low(_ a: UInt128) -> UInt64 { UInt64(truncatingIfNeeded: a) }

/// accumulator + a b + carry: returns the lower word and leaves the upper word in `carry`.
@inlinable
@inline(__always)
func multiplyAdd(_ accumulator: UInt64, _ a: UInt64, _ b: UInt64, _ carry: inout UInt64) -> UInt64 {
    let r = wide(a) &* wide(b) &+ wide(accumulator) &+ wide(carry)
    carry = low(r &>> 64)
    return low(r)
}

extension FieldElement {
    /// The product: any operands, tight result.
    @inline(__always)
    static func * (x: FieldElement, y: FieldElement) -> FieldElement {
        var c: UInt64 = 0
        let p0 = multiplyAdd(0, x.v0, y.v0, &c)
        var p1 = multiplyAdd(0, x.v1, y.v0, &c)
        var p2 = multiplyAdd(0, x.v2, y.v0, &c)
        var p3 = multiplyAdd(0, x.v3, y.v0, &c)
        var p4 = c
        c = 0
        p1 = multiplyAdd(p1, x.v0, y.v1, &c)
        p2 = multiplyAdd(p2, x.v1, y.v1, &c)
        p3 = multiplyAdd(p3, x.v2, y.v1, &c)
        p4 = multiplyAdd(p4, x.v3, y.v1, &c)
        var p5 = c
        c = 0
        p2 = multiplyAdd(p2, x.v0, y.v2, &c)
        p3 = multiplyAdd(p3, x.v1, y.v2, &c)
        p4 = multiplyAdd(p4, x.v2, y.v2, &c)
        p5 = multiplyAdd(p5, x.v3, y.v2, &c)
        var p6 = c
        c = 0
        p3 = multiplyAdd(p3, x.v0, y.v3, &c)
        p4 = multiplyAdd(p4, x.v1, y.v3, &c)
        p5 = multiplyAdd(p5, x.v2, y.v3, &c)
        p6 = multiplyAdd(p6, x.v3, y.v3, &c)
        let p7 = c
        // 2^256 = 38: the sum is below 39 2^256.
        c = 0
        let r0 = multiplyAdd(p0, p4, 38, &c)
        let r1 = multiplyAdd(p1, p5, 38, &c)
        let r2 = multiplyAdd(p2, p6, 38, &c)
        let r3 = multiplyAdd(p3, p7, 38, &c)
        // 2^255 = 19: at most 77 19 < 2^11 is added to 255 bits.
        return folding(r0, r1, r2, r3, excess: c &<< 1 | r3 &>> 63)
    }

    /// The lower 255 bits of the limbs + 19 excess.
    @inline(__always)
    static func folding(_ r0: UInt64, _ r1: UInt64, _ r2: UInt64, _ r3: UInt64, excess: UInt64) -> FieldElement {
        let s0 = wide(r0) &+ wide(excess &* 19)
        let s1 = wide(r1) &+ (s0 &>> 64)
        let s2 = wide(r2) &+ (s1 &>> 64)
        return FieldElement(low(s0), low(s1), low(s2), (r3 & (.max &>> 1)) &+ low(s2 &>> 64))
    }

    /// The square: any operand, tight result. The compiler shares the symmetric products.
    @inline(__always)
    func squared() -> FieldElement { self * self }

    /// The sum of tight operands.
    @inline(__always)
    static func + (a: FieldElement, b: FieldElement) -> FieldElement {
        let s0 = wide(a.v0) &+ wide(b.v0)
        let s1 = wide(a.v1) &+ wide(b.v1) &+ (s0 &>> 64)
        let s2 = wide(a.v2) &+ wide(b.v2) &+ (s1 &>> 64)
        let s3 = wide(a.v3) &+ wide(b.v3) &+ (s2 &>> 64)
        // When 2^256 is exceeded the rest is below 2^12, so 38 more does not carry.
        return FieldElement(low(s0) &+ low(s3 &>> 64) &* 38, low(s1), low(s2), low(s3))
    }

    /// The sum of any and a tight operand.
    @inline(__always)
    func adding(tight b: FieldElement) -> FieldElement {
        let s0 = wide(v0) &+ wide(b.v0)
        let s1 = wide(v1) &+ wide(b.v1) &+ (s0 &>> 64)
        let s2 = wide(v2) &+ wide(b.v2) &+ (s1 &>> 64)
        let s3 = wide(v3) &+ wide(b.v3) &+ (s2 &>> 64)
        // When 2^256 is exceeded the rest is below 2^255 + 2^11, so 38 more stays below 2^256.
        let t0 = wide(low(s0)) &+ wide(low(s3 &>> 64) &* 38)
        let t1 = wide(low(s1)) &+ (t0 &>> 64)
        let t2 = wide(low(s2)) &+ (t1 &>> 64)
        return FieldElement(low(t0), low(t1), low(t2), low(s3) &+ low(t2 &>> 64))
    }

    /// The difference of any and a tight operand.
    @inline(__always)
    static func - (a: FieldElement, b: FieldElement) -> FieldElement {
        let d0 = wide(a.v0) &- wide(b.v0)
        let d1 = wide(a.v1) &- wide(b.v1) &- (d0 &>> 127)
        let d2 = wide(a.v2) &- wide(b.v2) &- (d1 &>> 127)
        let d3 = wide(a.v3) &- wide(b.v3) &- (d2 &>> 127)
        // After a borrow the difference is 2^256 too large, at least 2^255 - 2^11: 38 less does not borrow again.
        let e0 = wide(low(d0)) &- wide(low(d3 &>> 64) & 38)
        let e1 = wide(low(d1)) &- (e0 &>> 127)
        let e2 = wide(low(d2)) &- (e1 &>> 127)
        return FieldElement(low(e0), low(e1), low(e2), low(d3) &- low(e2 &>> 127))
    }

    /// The negative of a tight operand.
    @inline(__always)
    static prefix func - (a: FieldElement) -> FieldElement { zero - a }

    /// The same element, tight.
    @inline(__always)
    func carried() -> FieldElement { FieldElement.folding(v0, v1, v2, v3, excess: v3 &>> 63) }

    /// self^(2^count)
    func squared(times count: Int) -> FieldElement {
        var r = self
        for _ in 0..<count { r = r.squared() }
        return r
    }

    /// The powers x^(2^250 - 1) and x^11 that inversion and square roots share.
    func commonPowers() -> (x250: FieldElement, x11: FieldElement) {
        let x2 = squared()
        let x9 = x2.squared(times: 2) * self
        let x11 = x9 * x2
        let x5 = x11.squared() * x9  // 2^5 - 1
        let x10 = x5.squared(times: 5) * x5
        let x20 = x10.squared(times: 10) * x10
        let x40 = x20.squared(times: 20) * x20
        let x50 = x40.squared(times: 10) * x10
        let x100 = x50.squared(times: 50) * x50
        let x200 = x100.squared(times: 100) * x100
        return (x200.squared(times: 50) * x50, x11)
    }

    /// x^(p - 2): the inverse, and zero for zero. Constant time.
    func inverse() -> FieldElement {
        let powers = commonPowers()
        return powers.x250.squared(times: 5) * powers.x11
    }

    /// x^((p - 5) / 8) = x^(2^252 - 3)
    func raisedToP58() -> FieldElement {
        commonPowers().x250.squared(times: 2) * self
    }
}

// MARK: - Canonical form, predicates and selection (all constant time)

extension FieldElement {
    /// The integer in 0..<p, little-endian words.
    func words() -> (UInt64, UInt64, UInt64, UInt64) {
        let t = carried()  // at most p + 37
        let s0 = wide(t.v0) &+ 19
        let s1 = wide(t.v1) &+ (s0 &>> 64)
        let s2 = wide(t.v2) &+ (s1 &>> 64)
        let s3 = t.v3 &+ low(s2 &>> 64)
        // t + 19 reaches 2^255 when t reaches p; then its lower 255 bits are t - p.
        let reduced = FieldElement(low(s0), low(s1), low(s2), s3 & (.max &>> 1))
        let r = FieldElement.select(0 &- (s3 &>> 63), reduced, t)
        return (r.v0, r.v1, r.v2, r.v3)
    }

    /// The element with this little-endian encoding; bit 255 is ignored.
    init(words w: (UInt64, UInt64, UInt64, UInt64)) {
        self.init(w.0, w.1, w.2, w.3 & (.max &>> 1))
    }

    /// All ones when the element is zero, else 0.
    var zeroMask: UInt64 {
        let w = words()
        let bits = w.0 | w.1 | w.2 | w.3
        return (bits | (0 &- bits)) &>> 63 &- 1
    }

    /// All ones when the canonical integer is odd ("negative" in RFC 9496, section 3.1), else 0.
    var negativeMask: UInt64 { 0 &- (words().0 & 1) }

    /// All ones when the two are the same element; `b` tight.
    static func equalMask(_ a: FieldElement, _ b: FieldElement) -> UInt64 { (a - b).zeroMask }

    /// `a` where the mask is all ones, `b` where it is 0.
    @inline(__always)
    static func select(_ mask: UInt64, _ a: FieldElement, _ b: FieldElement) -> FieldElement {
        FieldElement(
            b.v0 ^ (mask & (a.v0 ^ b.v0)),
            b.v1 ^ (mask & (a.v1 ^ b.v1)),
            b.v2 ^ (mask & (a.v2 ^ b.v2)),
            b.v3 ^ (mask & (a.v3 ^ b.v3))
        )
    }

    /// The element or its negative, whichever is non-negative: tight operand and result.
    func absolute() -> FieldElement { FieldElement.select(negativeMask, (-self).carried(), self) }

    /// SQRT_RATIO_M1 of RFC 9496, section 4.2: a mask telling whether u/v is a square, and the non-negative square root
    /// of u/v, or of i u/v where it is not. Tight operands.
    static func squareRootRatio(_ u: FieldElement, _ v: FieldElement) -> (wasSquare: UInt64, root: FieldElement) {
        let i = squareRootOfMinusOne
        let v3 = v.squared() * v
        let v7 = v3.squared() * v
        let candidate = (u * v3) * (u * v7).raisedToP58()
        let check = v * candidate.squared()
        let minusU = (-u).carried()
        let correct = equalMask(check, u)
        let flipped = equalMask(check, minusU)
        let flippedI = equalMask(check, minusU * i)
        let root = select(flipped | flippedI, candidate * i, candidate).absolute()
        return (correct | flipped, root)
    }
}
