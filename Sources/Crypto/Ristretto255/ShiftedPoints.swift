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
