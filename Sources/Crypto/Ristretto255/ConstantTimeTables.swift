/// Multiples 1...16 of fixed points, for sums with secret scalars whose memory accesses do not depend on them.
///
/// 1,536 bytes per point.
public struct ConstantTimeTables: Sendable {
    let multiples: [AffineNielsPoint]

    /// The number of points.
    public let count: Int

    /// Signed radix 32: digits in -16...16.
    static let width = 5
    static let size = 16

    /// Tabulates points: about 7 microseconds each.
    public init(_ points: [RistrettoPoint]) {
        let size = ConstantTimeTables.size
        multiples = [AffineNielsPoint](unsafeUninitializedCapacity: size * points.count) { buffer, initialized in
            guard let output = buffer.baseAddress else { return }
            // An inversion for every 64 points: few enough that their multiples, 128 KiB, stay in the cache until then.
            let pieces = (points.count + 63) / 64
            Parallel.forEach(pieces, parallel: true) { piece in
                let range = Parallel.piece(piece, of: pieces, count: points.count)
                let multiples = points[range].flatMap { $0.edwards.multiples(size) }
                AffineNielsPoint.normalise(multiples, count: multiples.count, into: output + size * range.lowerBound)
            }
            initialized = size * points.count
        }
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
        // A masked selection from the table, and an addition, for each window.
        let pieces = Parallel.pieces(count: count, cost: 200 * windows)
        let partial = UnsafeMutablePointer<EdwardsPoint>.allocate(capacity: pieces * windows)
        partial.initialize(repeating: .identity, count: pieces * windows)
        let digits = UnsafeMutablePointer<Int8>.allocate(capacity: pieces * windows)
        let addends = UnsafeMutablePointer<AffineNielsPoint>.allocate(capacity: pieces)
        addends.initialize(repeating: .identity, count: pieces)
        defer {
            partial.wipeAndDeallocate(count: pieces * windows)
            digits.wipeAndDeallocate(count: pieces * windows)
            addends.wipeAndDeallocate(count: pieces)
        }
        multiples.withUnsafeBufferPointer { tables in
            guard let base = tables.baseAddress else { return }
            Parallel.forEach(pieces, parallel: true) { piece in
                let sums = partial + piece * windows
                let row = digits + piece * windows
                for i in Parallel.piece(piece, of: pieces, count: count) {
                    recode(i, row)
                    let table = base + ConstantTimeTables.size * i
                    for w in 0..<windows {
                        addends[piece] = AffineNielsPoint(
                            selecting: Int(row[w]),
                            from: table,
                            size: ConstantTimeTables.size
                        )
                        sums[w].add(addends + piece)
                    }
                }
            }
        }
        var total = EdwardsPoint.identity
        for w in stride(from: windows - 1, through: 0, by: -1) {
            if w + 1 < windows { total.double(times: ConstantTimeTables.width) }
            for piece in 0..<pieces { total.add(partial[piece * windows + w]) }
        }
        return total
    }
}
