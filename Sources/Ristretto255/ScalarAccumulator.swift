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
