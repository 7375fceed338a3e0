/// Precomputed multiples of one point, for constant-time multiplication.
///
/// Signed radix 16: 32 rows of 256^i B, ..., 8 256^i B; odd digits first, then four doublings, then even digits. 30 KiB.
public struct FixedBaseTable: Sendable {
    private let multiples: [AffineNielsPoint]

    /// The table of RFC 9496's generator.
    public static let generator = FixedBaseTable(.generator)

    public init(_ base: RistrettoPoint) {
        var points: [EdwardsPoint] = []
        points.reserveCapacity(256)
        var row = base.edwards
        for _ in 0..<32 {
            let addend = ProjectiveNielsPoint(row)
            var multiple = row
            points.append(multiple)
            for _ in 1..<8 {
                multiple = multiple.adding(addend)
                points.append(multiple)
            }
            row = multiple.doubled(times: 5)
        }
        multiples = [AffineNielsPoint](normalising: points)
    }

    /// s B. Constant time in the scalar.
    public func multiply(_ s: Scalar) -> RistrettoPoint {
        let digits = UnsafeMutablePointer<Int8>.allocate(capacity: 64)
        defer { digits.wipeAndDeallocate(count: 64) }
        SignedDigits.radix16(s, into: digits)
        var r = EdwardsPoint.identity
        multiples.withUnsafeBufferPointer { table in
            guard let rows = table.baseAddress else { return }
            for i in 0..<32 {
                r = r.adding(AffineNielsPoint.select(rows + 8 * i, size: 8, digit: Int(digits[2 * i + 1])))
            }
            r = r.doubled(times: 4)
            for i in 0..<32 {
                r = r.adding(AffineNielsPoint.select(rows + 8 * i, size: 8, digit: Int(digits[2 * i])))
            }
        }
        return RistrettoPoint(edwards: r)
    }

    /// B
    public var base: RistrettoPoint { RistrettoPoint(edwards: multiples[0].extended) }
}

extension [AffineNielsPoint] {
    /// The points with one shared inversion.
    init(normalising points: [EdwardsPoint]) {
        self.init(unsafeUninitializedCapacity: points.count) { buffer, initialized in
            points.withUnsafeBufferPointer { source in
                guard let input = source.baseAddress, let output = buffer.baseAddress else { return }
                AffineNielsPoint.normalise(input, count: source.count, into: output)
                initialized = source.count
            }
        }
    }
}
