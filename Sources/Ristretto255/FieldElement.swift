/// An element of GF(2^255 - 19) in five unsigned 51-bit limbs, least significant first.
///
/// Limbs are *tight* when below 2^51 + 2^13 and *loose* when below 2^54. Products, squares and `carried()` are tight;
/// products and squares accept loose operands. Sums and differences are not carried: each adds at most 2^52 to a limb.
@usableFromInline
@frozen
struct FieldElement: Sendable {
    @usableFromInline var v0: UInt64
    @usableFromInline var v1: UInt64
    @usableFromInline var v2: UInt64
    @usableFromInline var v3: UInt64
    @usableFromInline var v4: UInt64

    @inlinable
    @inline(__always)
    init(_ v0: UInt64, _ v1: UInt64, _ v2: UInt64, _ v3: UInt64, _ v4: UInt64) {
        self.v0 = v0
        self.v1 = v1
        self.v2 = v2
        self.v3 = v3
        self.v4 = v4
    }
}

// MARK: - Constants (RFC 9496, section 4.1)

extension FieldElement {
    @inlinable
    @inline(__always)
    static var limbMask: UInt64 { 0x7_ffff_ffff_ffff }

    @inlinable
    @inline(__always)
    static var zero: FieldElement { FieldElement(0, 0, 0, 0, 0) }

    @inlinable
    @inline(__always)
    static var one: FieldElement { FieldElement(1, 0, 0, 0, 0) }

    /// d = -121665/121666, the coefficient of edwards25519.
    @inlinable
    static var d: FieldElement {
        FieldElement(0x34dca135978a3, 0x1a8283b156ebd, 0x5e7a26001c029, 0x739c663a03cbb, 0x52036cee2b6ff)
    }

    /// 2d
    @inlinable
    @inline(__always)
    static var twoD: FieldElement {
        FieldElement(0x69b9426b2f159, 0x35050762add7a, 0x3cf44c0038052, 0x6738cc7407977, 0x2406d9dc56dff)
    }

    /// 1/d
    @inlinable
    static var inverseD: FieldElement {
        FieldElement(0xf276cdc9f843, 0x3084f2a85c4bc, 0x6e73d982d775a, 0x721958b108a66, 0x40907ed214d5c)
    }

    /// The non-negative square root of -1.
    static var squareRootOfMinusOne: FieldElement {
        FieldElement(0x61b274a0ea0b0, 0xd5a5fc8f189d, 0x7ef5e9cbd0c60, 0x78595a6804c9e, 0x2b8324804fc1d)
    }

    /// sqrt(a d - 1), a = -1
    static var squareRootOfADMinusOne: FieldElement {
        FieldElement(0x7f6a0497b2e1b, 0x1836f0a97afd2, 0x7d747f6be7638, 0x456079e7e6498, 0x376931bf2b834)
    }

    /// 1/sqrt(a - d), a = -1
    static var inverseSquareRootOfAMinusD: FieldElement {
        FieldElement(0xfdaa805d40ea, 0x2eb482e57d339, 0x7610274bc58, 0x6510b613dc8ff, 0x786c8905cfaff)
    }

    /// 1 - d^2
    static var oneMinusDSquared: FieldElement {
        FieldElement(0x409c1945fc176, 0x719abc6a1fc4f, 0x1c37f90b20684, 0x6bccca55eedf, 0x29072a8b2b3e)
    }

    /// (d - 1)^2
    static var dMinusOneSquared: FieldElement {
        FieldElement(0x55aaa44ed4d20, 0x59603c3332635, 0x26d3baf4a7928, 0x120a66e6997a9, 0x5968b37af66c2)
    }
}

// MARK: - Arithmetic

/// The 128-bit product of two words.
@inlinable
@inline(__always)
func wide(_ a: UInt64, _ b: UInt64) -> UInt128 {
    UInt128(truncatingIfNeeded: a) &* UInt128(truncatingIfNeeded: b)
}

@inlinable
@inline(__always)
func low(_ a: UInt128) -> UInt64 { UInt64(truncatingIfNeeded: a) }

extension FieldElement {
    /// Carries five columns below 2^115 to tight limbs.
    @inlinable
    @inline(__always)
    static func carry(_ c0: UInt128, _ a1: UInt128, _ a2: UInt128, _ a3: UInt128, _ a4: UInt128) -> FieldElement {
        let c1 = a1 &+ UInt128(truncatingIfNeeded: low(c0 &>> 51))
        let c2 = a2 &+ UInt128(truncatingIfNeeded: low(c1 &>> 51))
        let c3 = a3 &+ UInt128(truncatingIfNeeded: low(c2 &>> 51))
        let c4 = a4 &+ UInt128(truncatingIfNeeded: low(c3 &>> 51))
        let h0 = (low(c0) & limbMask) &+ low(c4 &>> 51) &* 19
        return FieldElement(
            h0 & limbMask,
            (low(c1) & limbMask) &+ (h0 &>> 51),
            low(c2) & limbMask,
            low(c3) & limbMask,
            low(c4) & limbMask
        )
    }

    /// The product; operands loose, result tight.
    @inlinable
    @inline(__always)
    static func * (f: FieldElement, g: FieldElement) -> FieldElement {
        let g1 = g.v1 &* 19
        let g2 = g.v2 &* 19
        let g3 = g.v3 &* 19
        let g4 = g.v4 &* 19
        return carry(
            wide(f.v0, g.v0) &+ wide(f.v1, g4) &+ wide(f.v2, g3) &+ wide(f.v3, g2) &+ wide(f.v4, g1),
            wide(f.v0, g.v1) &+ wide(f.v1, g.v0) &+ wide(f.v2, g4) &+ wide(f.v3, g3) &+ wide(f.v4, g2),
            wide(f.v0, g.v2) &+ wide(f.v1, g.v1) &+ wide(f.v2, g.v0) &+ wide(f.v3, g4) &+ wide(f.v4, g3),
            wide(f.v0, g.v3) &+ wide(f.v1, g.v2) &+ wide(f.v2, g.v1) &+ wide(f.v3, g.v0) &+ wide(f.v4, g4),
            wide(f.v0, g.v4) &+ wide(f.v1, g.v3) &+ wide(f.v2, g.v2) &+ wide(f.v3, g.v1) &+ wide(f.v4, g.v0)
        )
    }

    /// The square; operand loose, result tight.
    @inlinable
    @inline(__always)
    func squared() -> FieldElement {
        let twice0 = v0 &* 2
        let twice1 = v1 &* 2
        let v1x38 = v1 &* 38
        let v2x38 = v2 &* 38
        let v3x38 = v3 &* 38
        let v3x19 = v3 &* 19
        let v4x19 = v4 &* 19
        return FieldElement.carry(
            wide(v0, v0) &+ wide(v1x38, v4) &+ wide(v2x38, v3),
            wide(twice0, v1) &+ wide(v2x38, v4) &+ wide(v3x19, v3),
            wide(twice0, v2) &+ wide(v1, v1) &+ wide(v3x38, v4),
            wide(twice0, v3) &+ wide(twice1, v2) &+ wide(v4x19, v4),
            wide(twice0, v4) &+ wide(twice1, v3) &+ wide(v2, v2)
        )
    }

    /// The sum, not carried.
    @inlinable
    @inline(__always)
    static func + (a: FieldElement, b: FieldElement) -> FieldElement {
        FieldElement(a.v0 &+ b.v0, a.v1 &+ b.v1, a.v2 &+ b.v2, a.v3 &+ b.v3, a.v4 &+ b.v4)
    }

    /// a + 2p - b, not carried; `b` must be tight.
    @inlinable
    @inline(__always)
    static func - (a: FieldElement, b: FieldElement) -> FieldElement {
        FieldElement(
            a.v0 &+ 0xf_ffff_ffff_ffda &- b.v0,
            a.v1 &+ 0xf_ffff_ffff_fffe &- b.v1,
            a.v2 &+ 0xf_ffff_ffff_fffe &- b.v2,
            a.v3 &+ 0xf_ffff_ffff_fffe &- b.v3,
            a.v4 &+ 0xf_ffff_ffff_fffe &- b.v4
        )
    }

    /// 2p - self, not carried; `self` must be tight.
    @inlinable
    @inline(__always)
    static prefix func - (a: FieldElement) -> FieldElement { zero - a }

    /// The same element with tight limbs.
    @inlinable
    @inline(__always)
    func carried() -> FieldElement {
        let mask = FieldElement.limbMask
        let c1 = v1 &+ (v0 &>> 51)
        let c2 = v2 &+ (c1 &>> 51)
        let c3 = v3 &+ (c2 &>> 51)
        let c4 = v4 &+ (c3 &>> 51)
        return FieldElement((v0 & mask) &+ (c4 &>> 51) &* 19, c1 & mask, c2 & mask, c3 & mask, c4 & mask)
    }

    /// self^(2^count)
    @inlinable
    @inline(__always)
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
    @usableFromInline
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
    /// The same element with its limbs those of the integer in 0..<p; operand loose.
    func canonical() -> FieldElement {
        var t = carried().carried()
        var q = (t.v0 &+ 19) &>> 51
        q = (t.v1 &+ q) &>> 51
        q = (t.v2 &+ q) &>> 51
        q = (t.v3 &+ q) &>> 51
        q = (t.v4 &+ q) &>> 51
        t.v0 = t.v0 &+ 19 &* q
        let mask = FieldElement.limbMask
        let c1 = t.v1 &+ (t.v0 &>> 51)
        let c2 = t.v2 &+ (c1 &>> 51)
        let c3 = t.v3 &+ (c2 &>> 51)
        let c4 = t.v4 &+ (c3 &>> 51)
        return FieldElement(t.v0 & mask, c1 & mask, c2 & mask, c3 & mask, c4 & mask)
    }

    /// The canonical little-endian encoding as four words.
    func words() -> (UInt64, UInt64, UInt64, UInt64) {
        let t = canonical()
        return (
            t.v0 | t.v1 &<< 51,
            t.v1 &>> 13 | t.v2 &<< 38,
            t.v2 &>> 26 | t.v3 &<< 25,
            t.v3 &>> 39 | t.v4 &<< 12
        )
    }

    /// The element with this little-endian encoding; bit 255 is ignored, values from p up are reduced later.
    init(words w: (UInt64, UInt64, UInt64, UInt64)) {
        let mask = FieldElement.limbMask
        self.init(
            w.0 & mask,
            (w.0 &>> 51 | w.1 &<< 13) & mask,
            (w.1 &>> 38 | w.2 &<< 26) & mask,
            (w.2 &>> 25 | w.3 &<< 39) & mask,
            w.3 &>> 12 & mask
        )
    }

    /// All ones when the element is zero, else 0.
    var zeroMask: UInt64 {
        let t = canonical()
        let bits = t.v0 | t.v1 | t.v2 | t.v3 | t.v4
        return (bits | (0 &- bits)) &>> 63 &- 1
    }

    /// All ones when the canonical integer is odd ("negative" in RFC 9496, section 3.1), else 0.
    var negativeMask: UInt64 { 0 &- (canonical().v0 & 1) }

    /// All ones when the two are the same element; operands tight.
    static func equalMask(_ a: FieldElement, _ b: FieldElement) -> UInt64 { (a - b).zeroMask }

    /// `a` where the mask is all ones, `b` where it is 0.
    @inlinable
    @inline(__always)
    static func select(_ mask: UInt64, _ a: FieldElement, _ b: FieldElement) -> FieldElement {
        FieldElement(
            b.v0 ^ (mask & (a.v0 ^ b.v0)),
            b.v1 ^ (mask & (a.v1 ^ b.v1)),
            b.v2 ^ (mask & (a.v2 ^ b.v2)),
            b.v3 ^ (mask & (a.v3 ^ b.v3)),
            b.v4 ^ (mask & (a.v4 ^ b.v4))
        )
    }

    /// The element or its negative, whichever is non-negative; operand tight, result tight.
    func absolute() -> FieldElement { FieldElement.select(negativeMask, (-self).carried(), self) }

    /// SQRT_RATIO_M1 of RFC 9496, section 4.2: a mask telling whether u/v is a square, and the non-negative square root of
    /// u/v, or of i u/v where it is not. Operands tight.
    static func squareRootRatio(_ u: FieldElement, _ v: FieldElement) -> (wasSquare: UInt64, root: FieldElement) {
        let v3 = v.squared() * v
        let v7 = v3.squared() * v
        return squareRootRatio(u, v, candidate: (u * v3) * (u * v7).raisedToP58())
    }

    /// The second half of `squareRootRatio`: corrects (u v^3)(u v^7)^((p-5)/8) by a fourth root of unity.
    static func squareRootRatio(
        _ u: FieldElement,
        _ v: FieldElement,
        candidate: FieldElement
    ) -> (wasSquare: UInt64, root: FieldElement) {
        let i = squareRootOfMinusOne
        let check = v * candidate.squared()
        let minusU = (-u).carried()
        let correct = equalMask(check, u)
        let flipped = equalMask(check, minusU)
        let flippedI = equalMask(check, minusU * i)
        let root = select(flipped | flippedI, candidate * i, candidate).absolute()
        return (correct | flipped, root)
    }
}
