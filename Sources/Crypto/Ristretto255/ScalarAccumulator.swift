/// A sum of scalar products, reduced modulo l only at the end.
///
/// Nine 64-bit words: below 2^64 products of fully reduced scalars fit.
@frozen
public struct ScalarAccumulator: Sendable {
    @usableFromInline var w0: UInt64 = 0
    @usableFromInline var w1: UInt64 = 0
    @usableFromInline var w2: UInt64 = 0
    @usableFromInline var w3: UInt64 = 0
    @usableFromInline var w4: UInt64 = 0
    @usableFromInline var w5: UInt64 = 0
    @usableFromInline var w6: UInt64 = 0
    @usableFromInline var w7: UInt64 = 0
    @usableFromInline var w8: UInt64 = 0

    /// The empty sum.
    @inlinable
    @inline(__always)
    public init() {}

    /// Adds a b.
    @inlinable
    @inline(__always)
    public mutating func add(_ a: Scalar, times b: Scalar) {
        var c0: UInt64 = 0
        w0 = multiplyAdd(w0, a.m0, b.m0, &c0)
        w1 = multiplyAdd(w1, a.m1, b.m0, &c0)
        w2 = multiplyAdd(w2, a.m2, b.m0, &c0)
        w3 = multiplyAdd(w3, a.m3, b.m0, &c0)
        var c1: UInt64 = 0
        w1 = multiplyAdd(w1, a.m0, b.m1, &c1)
        w2 = multiplyAdd(w2, a.m1, b.m1, &c1)
        w3 = multiplyAdd(w3, a.m2, b.m1, &c1)
        w4 = multiplyAdd(w4, a.m3, b.m1, &c1)
        var c2: UInt64 = 0
        w2 = multiplyAdd(w2, a.m0, b.m2, &c2)
        w3 = multiplyAdd(w3, a.m1, b.m2, &c2)
        w4 = multiplyAdd(w4, a.m2, b.m2, &c2)
        w5 = multiplyAdd(w5, a.m3, b.m2, &c2)
        var c3: UInt64 = 0
        w3 = multiplyAdd(w3, a.m0, b.m3, &c3)
        w4 = multiplyAdd(w4, a.m1, b.m3, &c3)
        w5 = multiplyAdd(w5, a.m2, b.m3, &c3)
        w6 = multiplyAdd(w6, a.m3, b.m3, &c3)
        let s4 = wide(w4) &+ wide(c0)
        w4 = low(s4)
        let s5 = wide(w5) &+ wide(c1) &+ (s4 &>> 64)
        w5 = low(s5)
        let s6 = wide(w6) &+ wide(c2) &+ (s5 &>> 64)
        w6 = low(s6)
        let s7 = wide(w7) &+ wide(c3) &+ (s6 &>> 64)
        w7 = low(s7)
        w8 = w8 &+ low(s7 &>> 64)
    }

    /// The sum modulo l.
    @inlinable
    public func reduced() -> Scalar {
        // The sum of products of Montgomery forms, T = lo + hi 2^256 + top 2^512, is wanted divided by 2^256.
        let fromLow = Scalar(reducing: Scalar.montgomeryProduct(Scalar(montgomery: 1, 0, 0, 0), (w0, w1, w2, w3)))
        let fromHigh = Scalar(reducing: Scalar.montgomeryProduct(.one, (w4, w5, w6, w7)))
        let fromTop = Scalar(reducing: Scalar.montgomeryProduct(.radixSquared, (w8, 0, 0, 0)))
        return fromLow + fromHigh + fromTop
    }
}

/// A sum of products of scalars and small integers, reduced modulo l only at the end: five words in two's complement.
///
/// Below 2^30 products of scalars and 32-bit integers fit.
@frozen
public struct SmallProductAccumulator: Sendable {
    @usableFromInline var w0: UInt64 = 0
    @usableFromInline var w1: UInt64 = 0
    @usableFromInline var w2: UInt64 = 0
    @usableFromInline var w3: UInt64 = 0
    @usableFromInline var w4: UInt64 = 0

    /// The empty sum.
    @inlinable
    @inline(__always)
    public init() {}

    /// Adds a b.
    @inlinable
    @inline(__always)
    public mutating func add(_ a: Scalar, times b: Int32) {
        let word = UInt64(truncatingIfNeeded: b)
        var carry: UInt64 = 0
        w0 = multiplyAdd(w0, a.m0, word, &carry)
        w1 = multiplyAdd(w1, a.m1, word, &carry)
        w2 = multiplyAdd(w2, a.m2, word, &carry)
        w3 = multiplyAdd(w3, a.m3, word, &carry)
        w4 = w4 &+ carry
        // A negative b was read as b + 2^64.
        let sign = UInt64(bitPattern: Int64(b) &>> 63)
        let d1 = wide(w1) &- wide(a.m0 & sign)
        w1 = low(d1)
        let d2 = wide(w2) &- wide(a.m1 & sign) &- (d1 &>> 127)
        w2 = low(d2)
        let d3 = wide(w3) &- wide(a.m2 & sign) &- (d2 &>> 127)
        w3 = low(d3)
        w4 = w4 &- (a.m3 & sign) &- low(d3 &>> 127)
    }

    /// The sum modulo l.
    @inlinable
    public func reduced() -> Scalar {
        Scalar(signedWords: (w0, w1, w2, w3, w4))
    }
}

extension Scalar {
    /// The scalar whose Montgomery form is congruent to a number of five words in two's complement, of less than 2^315 either
    /// way.
    ///
    /// With 2^252 = -c modulo l, h 2^252 + r is r - h c, and neither r nor |h| c is above l.
    @inlinable
    @inline(__always)
    init(signedWords w: (UInt64, UInt64, UInt64, UInt64, UInt64)) {
        let rest = Scalar(montgomery: w.0, w.1, w.2, w.3 & (Scalar.modulus3 &- 1))
        let high = Int64(bitPattern: w.4 &<< 4 | w.3 &>> 60)
        let magnitude = high.magnitude
        var carry: UInt64 = 0
        let p0 = multiplyAdd(0, magnitude, Scalar.modulus0, &carry)
        let p1 = multiplyAdd(0, magnitude, Scalar.modulus1, &carry)
        let product = Scalar(montgomery: p0, p1, carry, 0)
        self = Scalar.select(UInt64(bitPattern: high &>> 63), rest + product, rest - product)
    }
}

/// Scalars that many vectors of small integers are multiplied with.
///
/// Every 64-bit limb of a scalar has a sum of its own, of 128 bits, so that no carry runs from limb to limb before the end;
/// and integers are made positive by adding 2^31, which comes off once for all vectors.
public struct SmallProductWeights {
    private let weights: UnsafeBufferPointer<Scalar>
    /// 2^31 times the sum of the weights.
    private let excess: Scalar

    /// - Parameter weights: fewer than 2^30, and not freed while this is in use.
    public init(_ weights: UnsafeBufferPointer<Scalar>) {
        self.weights = weights
        excess = Scalar(1 << 31) * weights.reduce(.zero, +)
    }

    /// The inner product with `stride`-spaced integers, one for each weight. Time depends on the count only.
    public func product(_ values: UnsafePointer<Int32>, stride: Int = 1) -> Scalar {
        var (s0, s1, s2, s3) = (UInt128(0), UInt128(0), UInt128(0), UInt128(0))
        guard let first = weights.baseAddress else { return .zero }
        for index in 0..<weights.count {
            let value = wide(UInt64(UInt32(bitPattern: values[index &* stride]) ^ 1 << 31))
            let weight = first[index]
            s0 = s0 &+ wide(weight.m0) &* value
            s1 = s1 &+ wide(weight.m1) &* value
            s2 = s2 &+ wide(weight.m2) &* value
            s3 = s3 &+ wide(weight.m3) &* value
        }
        s1 = s1 &+ (s0 &>> 64)
        s2 = s2 &+ (s1 &>> 64)
        s3 = s3 &+ (s2 &>> 64)
        return Scalar(signedWords: (low(s0), low(s1), low(s2), low(s3), low(s3 &>> 64))) - excess
    }
}
