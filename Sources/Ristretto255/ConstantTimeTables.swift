/// Multiples 1...16 of fixed points, for sums with secret scalars whose memory accesses do not depend on them.
///
/// 1,920 bytes per point.
public struct ConstantTimeTables: Sendable {
    let multiples: [AffineNielsPoint]

    /// The number of points.
    public let count: Int

    /// Signed radix 32: digits in -16...16.
    static let width = 5
    static let size = 16

    public init(_ points: [RistrettoPoint]) {
        var multiples: [EdwardsPoint] = []
        multiples.reserveCapacity(ConstantTimeTables.size * points.count)
        for point in points {
            let addend = ProjectiveNielsPoint(point.edwards)
            var multiple = point.edwards
            multiples.append(multiple)
            for _ in 1..<ConstantTimeTables.size {
                multiple = multiple.adding(addend)
                multiples.append(multiple)
            }
        }
        self.multiples = [AffineNielsPoint](normalising: multiples)
        count = points.count
    }

    /// The number of digits that reach every magnitude below 2^bits.
    static func windows(bits: Int) -> Int { bits / width + 1 }

    /// The sum over i of sum over w of 32^w digit(w of i) point[i].
    ///
    /// - Parameter recode: writes the digits of scalar i to the given memory.
    func sum(
        count: Int,
        windows: Int,
        recode: (Int, UnsafeMutablePointer<Int8>) -> Void
    ) -> EdwardsPoint {
        guard count > 0 else { return .identity }
        let parallel = count * windows > 1 << 11
        let pieces = parallel ? 2 : 1
        let partial = UnsafeMutablePointer<EdwardsPoint>.allocate(capacity: pieces * windows)
        partial.initialize(repeating: .identity, count: pieces * windows)
        let digits = UnsafeMutablePointer<Int8>.allocate(capacity: pieces * windows)
        defer {
            partial.wipeAndDeallocate(count: pieces * windows)
            digits.wipeAndDeallocate(count: pieces * windows)
        }
        multiples.withUnsafeBufferPointer { tables in
            guard let base = tables.baseAddress else { return }
            Parallel.forEach(pieces, parallel: parallel) { piece in
                let sums = partial + piece * windows
                let row = digits + piece * windows
                for i in Parallel.piece(piece, of: pieces, count: count) {
                    recode(i, row)
                    let table = base + ConstantTimeTables.size * i
                    for w in 0..<windows {
                        let addend = AffineNielsPoint.select(table, size: ConstantTimeTables.size, digit: Int(row[w]))
                        sums[w] = sums[w].adding(addend)
                    }
                }
            }
        }
        var total = EdwardsPoint.identity
        for w in stride(from: windows - 1, through: 0, by: -1) {
            if w + 1 < windows { total = total.doubled(times: ConstantTimeTables.width) }
            for piece in 0..<pieces { total = total.adding(partial[piece * windows + w]) }
        }
        return total
    }
}
