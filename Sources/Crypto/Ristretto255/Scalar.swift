/// An integer modulo l = 2^252 + 27742317777372353535851937790883648493, the order of ristretto255 (RFC 9496, section
/// 4.4).
///
/// Held in Montgomery form (x 2^256 mod l) in four 64-bit limbs, always fully reduced, so that equality is equality of
/// limbs. Addition, subtraction, multiplication, conversion and inversion take constant time.
@frozen
public struct Scalar: Equatable, Sendable {
    @usableFromInline var m0: UInt64
    @usableFromInline var m1: UInt64
    @usableFromInline var m2: UInt64
    @usableFromInline var m3: UInt64

    /// The scalar with these Montgomery limbs, which must be fully reduced.
    @inlinable
    @inline(__always)
    init(montgomery m0: UInt64, _ m1: UInt64, _ m2: UInt64, _ m3: UInt64) {
        self.m0 = m0
        self.m1 = m1
        self.m2 = m2
        self.m3 = m3
    }
}

// MARK: - Constants

extension Scalar {
    /// The length of an encoded scalar in bytes.
    @inlinable
    public static var byteCount: Int { 32 }

    /// 0.
    @inlinable
    @inline(__always)
    public static var zero: Scalar { Scalar(montgomery: 0, 0, 0, 0) }

    /// 1.
    @inlinable
    @inline(__always)
    public static var one: Scalar {
        Scalar(montgomery: 0xd6ec_3174_8d98_951d, 0xc6ef_5bf4_737d_cf70, 0xffff_ffff_ffff_fffe, 0x0fff_ffff_ffff_ffff)
    }

    /// 2.
    @inlinable
    @inline(__always)
    public static var two: Scalar {
        Scalar(montgomery: 0x55c5_ffce_be3b_564d, 0x78ff_be0a_4404_020b, 0xffff_ffff_ffff_fffd, 0x0fff_ffff_ffff_ffff)
    }

    /// 1/2
    @inlinable
    public static var half: Scalar {
        Scalar(montgomery: 0x977f_4a47_7547_3485, 0x6de7_2ae9_8b3a_b623, 0xffff_ffff_ffff_ffff, 0x0fff_ffff_ffff_ffff)
    }

    /// 2^512 mod l; its Montgomery product with a plain integer is that integer's Montgomery form.
    @inlinable
    @inline(__always)
    static var radixSquared: Scalar {
        Scalar(montgomery: 0xa406_11e3_449c_0f01, 0xd00e_1ba7_6885_9347, 0xceec_73d2_17f5_be65, 0x0399_411b_7c30_9a3d)
    }

    /// 2^768 mod l
    @inlinable
    @inline(__always)
    static var radixCubed: Scalar {
        Scalar(montgomery: 0x2a9e_4968_7b83_a2db, 0x2783_24e6_aef7_f3ec, 0x8065_dc6c_04ec_5b65, 0x0e53_0b77_3599_cec7)
    }

    // l = (modulus0, modulus1, 0, modulus3)
    @inlinable
    @inline(__always)
    static var modulus0: UInt64 { 0x5812_631a_5cf5_d3ed }

    @inlinable
    @inline(__always)
    static var modulus1: UInt64 { 0x14de_f9de_a2f7_9cd6 }

    @inlinable
    @inline(__always)
    static var modulus3: UInt64 { 0x1000_0000_0000_0000 }

    /// -1/l mod 2^64
    @inlinable
    @inline(__always)
    static var montgomeryFactor: UInt64 { 0xd2b5_1da3_1254_7e1b }
}

// MARK: - Montgomery arithmetic

extension Scalar {
    /// One row of the interleaved Montgomery product: t <- (t + a word) / 2^64 mod l.
    @inlinable
    @inline(__always)
    static func montgomeryRow(
        _ t: inout (UInt64, UInt64, UInt64, UInt64),
        _ a: Scalar,
        _ word: UInt64
    ) {
        var c: UInt64 = 0
        let r0 = multiplyAdd(t.0, a.m0, word, &c)
        let r1 = multiplyAdd(t.1, a.m1, word, &c)
        let r2 = multiplyAdd(t.2, a.m2, word, &c)
        let r3 = multiplyAdd(t.3, a.m3, word, &c)
        t = montgomeryStep(r0, r1, r2, r3, c)
    }

    /// The same of two products at once: t <- (t + a word + b other) / 2^64 mod l.
    @inlinable
    @inline(__always)
    static func montgomeryRow(
        _ t: inout (UInt64, UInt64, UInt64, UInt64),
        _ a: Scalar,
        _ word: UInt64,
        _ b: Scalar,
        _ other: UInt64
    ) {
        var c: UInt64 = 0
        var r0 = multiplyAdd(t.0, a.m0, word, &c)
        var r1 = multiplyAdd(t.1, a.m1, word, &c)
        var r2 = multiplyAdd(t.2, a.m2, word, &c)
        var r3 = multiplyAdd(t.3, a.m3, word, &c)
        var e: UInt64 = 0
        r0 = multiplyAdd(r0, b.m0, other, &e)
        r1 = multiplyAdd(r1, b.m1, other, &e)
        r2 = multiplyAdd(r2, b.m2, other, &e)
        r3 = multiplyAdd(r3, b.m3, other, &e)
        t = montgomeryStep(r0, r1, r2, r3, c &+ e)
    }

    /// r / 2^64 mod l.
    @inlinable
    @inline(__always)
    static func montgomeryStep(
        _ r0: UInt64,
        _ r1: UInt64,
        _ r2: UInt64,
        _ r3: UInt64,
        _ r4: UInt64
    ) -> (UInt64, UInt64, UInt64, UInt64) {
        // Limb 2 of l is zero and limb 3 is 2^60, so only two of the four products of the reduction are
        // multiplications.
        let k = r0 &* montgomeryFactor
        var c: UInt64 = 0
        _ = multiplyAdd(r0, k, modulus0, &c)
        let t0 = multiplyAdd(r1, k, modulus1, &c)
        let s2 = wide(r2) &+ wide(c)
        let s3 = wide(r3) &+ (s2 &>> 64) &+ wide(k &<< 60)
        return (t0, low(s2), low(s3), r4 &+ (k &>> 4) &+ low(s3 &>> 64))
    }

    /// a b / 2^256 mod l, below 2 l, where `a` < l and `b` is any 256-bit integer.
    @inlinable
    @inline(__always)
    static func montgomeryProduct(
        _ a: Scalar,
        _ b: (UInt64, UInt64, UInt64, UInt64)
    ) -> (UInt64, UInt64, UInt64, UInt64) {
        var t: (UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0)
        montgomeryRow(&t, a, b.0)
        montgomeryRow(&t, a, b.1)
        montgomeryRow(&t, a, b.2)
        montgomeryRow(&t, a, b.3)
        return t
    }

    /// The scalar with Montgomery limbs `t` or `t` - l, for `t` < 2 l.
    @inlinable
    @inline(__always)
    init(reducing t: (UInt64, UInt64, UInt64, UInt64)) {
        self.init(reducing: wide(t.0, t.1), wide(t.2, t.3))
    }

    /// The same from two halves of 128 bits each: sums and differences of those are what the compiler makes unbroken
    /// chains of carries from, in half the time that it takes by limbs of 64.
    @inlinable
    @inline(__always)
    init(reducing lower: UInt128, _ upper: UInt128) {
        let (d0, borrow) = lower.subtractingReportingOverflow(wide(Scalar.modulus0, Scalar.modulus1))
        let d1 = upper &- wide(0, Scalar.modulus3) &- wide(borrow)
        // All ones where `t` was below l already.
        let keep = 0 &- (d1 &>> 127)
        self.init(halves: d0 ^ (keep & (d0 ^ lower)), d1 ^ (keep & (d1 ^ upper)))
    }

    @inlinable
    @inline(__always)
    init(halves lower: UInt128, _ upper: UInt128) {
        self.init(montgomery: low(lower), low(lower &>> 64), low(upper), low(upper &>> 64))
    }

    @inlinable
    @inline(__always)
    var lower: UInt128 { wide(m0, m1) }

    @inlinable
    @inline(__always)
    var upper: UInt128 { wide(m2, m3) }

    /// The product modulo l.
    @inlinable
    @inline(__always)
    public static func * (a: Scalar, b: Scalar) -> Scalar {
        Scalar(reducing: montgomeryProduct(a, (b.m0, b.m1, b.m2, b.m3)))
    }

    /// a b + c d modulo l, reduced once.
    @inlinable
    @inline(__always)
    public static func sumOfProducts(_ a: Scalar, _ b: Scalar, _ c: Scalar, _ d: Scalar) -> Scalar {
        // t stays below 3 l + 1 between the rows, and is below (2 l + 2^256) l / 2^256 < 2 l after the last.
        var t: (UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0)
        montgomeryRow(&t, a, b.m0, c, d.m0)
        montgomeryRow(&t, a, b.m1, c, d.m1)
        montgomeryRow(&t, a, b.m2, c, d.m2)
        montgomeryRow(&t, a, b.m3, c, d.m3)
        return Scalar(reducing: t)
    }

    /// The sum modulo l.
    @inlinable
    @inline(__always)
    public static func + (a: Scalar, b: Scalar) -> Scalar {
        let (s0, carry) = a.lower.addingReportingOverflow(b.lower)
        return Scalar(reducing: s0, a.upper &+ b.upper &+ wide(carry))
    }

    /// The difference modulo l.
    @inlinable
    @inline(__always)
    public static func - (a: Scalar, b: Scalar) -> Scalar {
        let (d0, borrow) = a.lower.subtractingReportingOverflow(b.lower)
        let d1 = a.upper &- b.upper &- wide(borrow)
        let negative = 0 &- (d1 &>> 127)
        let (s0, carry) = d0.addingReportingOverflow(negative & wide(modulus0, modulus1))
        return Scalar(halves: s0, d1 &+ (negative & wide(0, modulus3)) &+ wide(carry))
    }

    /// The negative modulo l.
    @inlinable
    @inline(__always)
    public static prefix func - (a: Scalar) -> Scalar { zero - a }

    /// Adds `b`.
    @inlinable
    @inline(__always)
    public static func += (a: inout Scalar, b: Scalar) { a = a + b }

    /// Subtracts `b`.
    @inlinable
    @inline(__always)
    public static func -= (a: inout Scalar, b: Scalar) { a = a - b }

    /// Multiplies by `b`.
    @inlinable
    @inline(__always)
    public static func *= (a: inout Scalar, b: Scalar) { a = a * b }

    /// Equality. Constant time.
    @inlinable
    @inline(__always)
    public static func == (a: Scalar, b: Scalar) -> Bool {
        (a.m0 ^ b.m0) | (a.m1 ^ b.m1) | (a.m2 ^ b.m2) | (a.m3 ^ b.m3) == 0
    }

    /// The square.
    @inlinable
    @inline(__always)
    public func squared() -> Scalar { self * self }

    /// Twice the scalar.
    @inlinable
    @inline(__always)
    public func doubled() -> Scalar { self + self }

    /// Whether this is zero.
    @inlinable
    public var isZero: Bool { m0 | m1 | m2 | m3 == 0 }
}

// MARK: - Inversion

extension Scalar {
    /// 1/self, and zero for zero. Constant time: self^(l - 2).
    public func inverse() -> Scalar {
        // l - 2 = 2^252 + e with e < 2^125, so the exponent's upper half is squarings only.
        let exponent: (UInt64, UInt64) = (Scalar.modulus0 &- 2, Scalar.modulus1)
        let powers = UnsafeMutablePointer<Scalar>.allocate(capacity: 16)
        defer { powers.wipeAndDeallocate(count: 16) }
        powers.initialize(to: .one)
        for i in 1..<16 { powers.advanced(by: i).initialize(to: powers[i - 1] * self) }
        var r = self
        for _ in 128..<252 { r = r.squared() }
        for word in [exponent.1, exponent.0] {
            for shift in stride(from: UInt64(60), through: 0, by: -4) {
                r = r.squared().squared().squared().squared()
                let nibble = Int(word &>> shift & 15)
                if nibble != 0 { r = r * powers[nibble] }  // the exponent is public
            }
        }
        return r
    }

    /// Replaces every value by its inverse with one inversion and three multiplications per value; zeros stay zero.
    public static func batchInvert(_ values: inout [Scalar]) {
        values.withUnsafeMutableBufferPointer { batchInvert($0) }
    }

    /// Replaces every value by its inverse with one inversion and three multiplications per value; zeros stay zero.
    ///
    /// Which values are zero does not influence the running time.
    public static func batchInvert(_ values: UnsafeMutableBufferPointer<Scalar>) {
        guard !values.isEmpty else { return }
        let prefixes = UnsafeMutablePointer<Scalar>.allocate(capacity: values.count)
        defer { prefixes.wipeAndDeallocate(count: values.count) }
        var product = Scalar.one
        for i in values.indices {
            prefixes.advanced(by: i).initialize(to: product)
            product = product * select(values[i].zeroMask, .one, values[i])
        }
        var inverse = product.inverse()
        for i in values.indices.reversed() {
            let mask = values[i].zeroMask
            let value = select(mask, .one, values[i])
            values[i] = select(mask, .zero, inverse * prefixes[i])
            inverse = inverse * value
        }
    }

    /// All ones when this is zero, else 0.
    @inlinable
    @inline(__always)
    var zeroMask: UInt64 {
        let bits = m0 | m1 | m2 | m3
        return (bits | (0 &- bits)) &>> 63 &- 1
    }

    /// `a` where the mask is all ones, `b` where it is 0.
    @inlinable
    @inline(__always)
    static func select(_ mask: UInt64, _ a: Scalar, _ b: Scalar) -> Scalar {
        Scalar(
            montgomery: b.m0 ^ (mask & (a.m0 ^ b.m0)),
            b.m1 ^ (mask & (a.m1 ^ b.m1)),
            b.m2 ^ (mask & (a.m2 ^ b.m2)),
            b.m3 ^ (mask & (a.m3 ^ b.m3))
        )
    }
}

// MARK: - Conversion

extension Scalar {
    /// A small number.
    @inlinable
    @inline(__always)
    public init(_ value: UInt64) {
        self.init(reducing: Scalar.montgomeryProduct(.radixSquared, (value, 0, 0, 0)))
    }

    /// The scalar congruent to a signed integer. Constant time.
    @inlinable
    @inline(__always)
    public init(signed value: Int64) {
        let positive = Scalar(value.magnitude)
        self = Scalar.select(UInt64(bitPattern: value &>> 63), -positive, positive)
    }

    /// The scalar congruent to a signed integer. Constant time.
    @inlinable
    @inline(__always)
    public init(signed value: Int) { self.init(signed: Int64(value)) }

    /// The scalar congruent to a 256-bit little-endian integer.
    @inlinable
    @inline(__always)
    init(words: (UInt64, UInt64, UInt64, UInt64)) {
        self.init(reducing: Scalar.montgomeryProduct(.radixSquared, words))
    }

    /// The canonical integer in 0..<l, little-endian words.
    @inlinable
    @inline(__always)
    var words: (UInt64, UInt64, UInt64, UInt64) {
        let plain = Scalar(reducing: Scalar.montgomeryProduct(self, (1, 0, 0, 0)))
        return (plain.m0, plain.m1, plain.m2, plain.m3)
    }

    /// Decodes a canonical scalar.
    ///
    /// - Parameter bytes: 32 bytes, little-endian; `nil` for any other length and for values from l up.
    public init?(canonicalBytes bytes: some Collection<UInt8>) {
        guard let words = LittleEndian.words4(bytes) else { return nil }
        var d = wide(words.0) &- wide(Scalar.modulus0)
        d = wide(words.1) &- wide(Scalar.modulus1) &- (d &>> 127)
        d = wide(words.2) &- (d &>> 127)
        d = wide(words.3) &- wide(Scalar.modulus3) &- (d &>> 127)
        guard d &>> 127 == 1 else { return nil }
        self.init(words: words)
    }

    /// Reduces a little-endian integer modulo l (dalek's `from_bytes_mod_order_wide` for 64 bytes). Constant time.
    ///
    /// - Parameter bytes: 64 bytes. Fewer are read as if followed by zeros; bytes after the 64th are ignored.
    public init(wideBytes bytes: some Collection<UInt8>) {
        let (lower, upper) = LittleEndian.words8(bytes)
        // (x + y 2^256) 2^256 = x R^2 / R + y R^3 / R
        self =
            Scalar(reducing: Scalar.montgomeryProduct(.radixSquared, lower))
            + Scalar(reducing: Scalar.montgomeryProduct(.radixCubed, upper))
    }

    /// The canonical encoding: 32 bytes, little-endian.
    public var bytes: [UInt8] { withBytes { Array($0) } }

    /// Calls `body` with the canonical encoding, 32 bytes, which are wiped afterwards.
    @inlinable
    public func withBytes<R>(_ body: (UnsafeRawBufferPointer) throws -> R) rethrows -> R {
        var w = words
        defer { w = (0, 0, 0, 0) }
        w = (w.0.littleEndian, w.1.littleEndian, w.2.littleEndian, w.3.littleEndian)
        return try withUnsafeBytes(of: &w, body)
    }

    /// A uniform scalar: 64 bytes of the generator reduced modulo l.
    public static func random(using generator: inout some RandomNumberGenerator) -> Scalar {
        let lower = (generator.next(), generator.next(), generator.next(), generator.next()) as Words
        let upper = (generator.next(), generator.next(), generator.next(), generator.next()) as Words
        return Scalar(reducing: montgomeryProduct(.radixSquared, lower))
            + Scalar(reducing: montgomeryProduct(.radixCubed, upper))
    }

    typealias Words = (UInt64, UInt64, UInt64, UInt64)
}

// MARK: - Vectors

extension Scalar {
    /// The sum of products of two vectors of equal length, reduced once.
    @inlinable
    public static func innerProduct(_ a: UnsafeBufferPointer<Scalar>, _ b: UnsafeBufferPointer<Scalar>) -> Scalar {
        precondition(a.count == b.count, "inner product of vectors of different lengths")
        guard let p = a.baseAddress, let q = b.baseAddress else { return .zero }
        var sum = ScalarAccumulator()
        for i in 0..<a.count { sum.add(p[i], times: q[i]) }
        return sum.reduced()
    }

    /// The sum of products of two vectors of equal length, reduced once.
    @inlinable
    public static func innerProduct(_ a: [Scalar], _ b: [Scalar]) -> Scalar {
        a.withUnsafeBufferPointer { p in b.withUnsafeBufferPointer { q in innerProduct(p, q) } }
    }

    /// 1, x, x^2, ..., `count` values.
    public static func powers(of x: Scalar, count: Int) -> [Scalar] {
        guard count > 0 else { return [] }
        return [Scalar](unsafeUninitializedCapacity: count) { buffer, initialized in
            var power = Scalar.one
            for i in 0..<count {
                buffer.initializeElement(at: i, to: power)
                power = power * x
            }
            initialized = count
        }
    }
}

extension Scalar: CustomStringConvertible {
    /// Scalars are often secret: the description says nothing of the value.
    public var description: String { "Scalar" }
}
