/// Precomputed multiples of one point, for constant-time multiplication.
///
/// Signed radix 16: 32 rows of 256^i B, ..., 8 256^i B; odd digits first, then four doublings, then even digits. 24
/// KiB.
public struct FixedBaseTable: Sendable {
    private let multiples: [AffineNielsPoint]

    /// The table of RFC 9496's generator.
    public static let generator = FixedBaseTable(.generator)

    /// Tabulates 256 multiples of `base`.
    public init(_ base: RistrettoPoint) {
        var points: [EdwardsPoint] = []
        points.reserveCapacity(256)
        var row = base.edwards
        for _ in 0..<32 {
            points += row.multiples(8)
            row.double(times: 8)
        }
        multiples = [AffineNielsPoint](normalising: points)
    }

    /// s B. Constant time in the scalar.
    public func multiply(_ s: Scalar) -> RistrettoPoint {
        let digits = UnsafeMutablePointer<Int8>.allocate(capacity: 64)
        let selected = UnsafeMutablePointer<AffineNielsPoint>.allocate(capacity: 1)
        selected.initialize(to: .identity)
        defer {
            digits.wipeAndDeallocate(count: 64)
            selected.wipeAndDeallocate(count: 1)
        }
        SignedDigits.radix16(s, into: digits)
        var r = EdwardsPoint.identity
        multiples.withUnsafeBufferPointer { table in
            guard let rows = table.baseAddress else { return }
            for parity in [1, 0] {
                if parity == 0 { r.double(times: 4) }
                for i in 0..<32 {
                    let digit = Int(digits[2 * i + parity])
                    selected.pointee = AffineNielsPoint(selecting: digit, from: rows + 8 * i, size: 8)
                    r.add(selected)
                }
            }
        }
        return RistrettoPoint(edwards: r)
    }

    /// B
    public var base: RistrettoPoint { RistrettoPoint(edwards: multiples[0].extended) }
}
