/// Normalised fixed points, such as generators, on which multiscalar multiplication skips preparation.
///
/// A slice shares the storage of the whole.
public struct PrecomputedPoints: Sendable {
    let storage: [AffineNielsPoint]
    let shifts: ShiftedPoints?
    let bounds: Range<Int>

    /// Normalises the points with one inversion.
    ///
    /// - Parameter tabulated: whether to precompute, with some 2 KiB and 40 microseconds per point, multiples that make
    ///   multiplication by full-size scalars about 1.6 times faster.
    public init(_ points: [RistrettoPoint], tabulated: Bool = false) {
        storage = [AffineNielsPoint](normalising: points)
        shifts = tabulated && !points.isEmpty ? ShiftedPoints(points) : nil
        bounds = 0..<points.count
    }

    private init(slicing whole: PrecomputedPoints, _ bounds: Range<Int>) {
        storage = whole.storage
        shifts = whole.shifts
        self.bounds = bounds
    }

    /// The points in this slice.
    public var count: Int { bounds.count }

    /// The point at `index`, counted from the beginning of this slice.
    public subscript(index: Int) -> RistrettoPoint {
        precondition(index >= 0 && index < count, "index out of range")
        return RistrettoPoint(edwards: storage[bounds.lowerBound + index].extended)
    }

    /// The points in `range`, counted from the beginning of this slice.
    public subscript(range: Range<Int>) -> PrecomputedPoints {
        precondition(range.lowerBound >= 0 && range.upperBound <= count, "range out of bounds")
        let start = bounds.lowerBound
        return PrecomputedPoints(slicing: self, start + range.lowerBound..<start + range.upperBound)
    }

    /// The first `maxLength` points, or all.
    public func prefix(_ maxLength: Int) -> PrecomputedPoints { self[0..<min(maxLength, count)] }

    func withUnsafePointer<R>(_ body: (UnsafePointer<AffineNielsPoint>?) -> R) -> R {
        storage.withUnsafeBufferPointer { buffer in body(buffer.baseAddress.map { $0 + bounds.lowerBound }) }
    }
}

/// The multiples P, 2^w P, 2^(2 w), ... of fixed points, with which all windows of all scalars share one set of buckets
/// and no doublings are left (Brickell, Gordon, McCurley, Wilson 1992).
struct ShiftedPoints: Sendable {
    /// The number of bits w between multiples.
    let width: Int

    /// The number of multiples of each point.
    let windows: Int

    /// Multiple k of point i is at windows i + k.
    let multiples: [AffineNielsPoint]

    init(_ points: [RistrettoPoint]) {
        let width = ShiftedPoints.width(count: points.count)
        let windows = BucketMethod.windows(width: width)
        multiples = [AffineNielsPoint](unsafeUninitializedCapacity: windows * points.count) { buffer, initialized in
            guard let output = buffer.baseAddress else { return }
            // An inversion for every 64 points, as in ConstantTimeTables.
            let pieces = (points.count + 63) / 64
            Parallel.forEach(pieces, parallel: true) { piece in
                let range = Parallel.piece(piece, of: pieces, count: points.count)
                var shifted: [EdwardsPoint] = []
                shifted.reserveCapacity(windows * range.count)
                for point in points[range] {
                    var multiple = point.edwards
                    for _ in 0..<windows {
                        shifted.append(multiple)
                        multiple.double(times: width)
                    }
                }
                AffineNielsPoint.normalise(shifted, count: shifted.count, into: output + windows * range.lowerBound)
            }
            initialized = windows * points.count
        }
        self.width = width
        self.windows = windows
    }

    /// The width that is best when all points are used.
    private static func width(count: Int) -> Int {
        func cost(_ width: Int) -> Double {
            BucketMethod.cost(sums: 1, of: BucketMethod.windows(width: width) * count, width)
        }
        return (6...13).min { cost($0) < cost($1) } ?? 12
    }
}
