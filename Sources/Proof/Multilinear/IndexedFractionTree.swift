import Ristretto255

/// The fraction tree of a looked-up column: leaf x is `1 / table[indices[x]]`, and `1 / table[tailIndex]` beyond.
///
/// The two lowest levels, three quarters of the tree, are computed from the indices when they are read, so that a column
/// of N entries takes about N/2 scalars of memory instead of 4 N.
package struct IndexedFractionTree: FractionLevels {
    package let height: Int
    private let indices: [Int32]
    private let table: [Scalar]
    private let tailIndex: Int32
    /// Levels 0 ... storedHeight.
    private var numerators: [[Scalar]]
    private var denominators: [[Scalar]]
    private let tails: [(numerator: Scalar, denominator: Scalar)]

    private var storedHeight: Int { numerators.count - 1 }

    /// - Parameters:
    ///   - indices: at most 2^height indices into `table`.
    ///   - table: the leaf denominators of the table's rows.
    ///   - tailIndex: what the rest of the hypercube looks up.
    package init(height: Int, indices: [Int32], tailIndex: Int32, table: [Scalar]) {
        self.height = height
        self.indices = indices
        self.table = table
        self.tailIndex = tailIndex
        var tails = [(numerator: Scalar.one, denominator: table[Int(tailIndex)])]
        for _ in 0..<height {
            let below = tails[tails.count - 1]
            let cross = below.numerator * below.denominator
            tails.append((cross + cross, below.denominator.squared()))
        }
        self.tails = tails.reversed()
        numerators = []
        denominators = []
        let stored = max(0, height - 2)
        var levels: [(numerators: [Scalar], denominators: [Scalar])] = []
        for level in stride(from: stored, through: 0, by: -1) {
            levels.append(makeLevel(level, from: levels.last))
        }
        numerators = levels.reversed().map(\.numerators)
        denominators = levels.reversed().map(\.denominators)
    }

    package func explicitCount(level: Int) -> Int { min(indices.count, 1 << level) }

    package func tail(level: Int) -> (numerator: Scalar, denominator: Scalar) { tails[level] }

    package func read(
        level: Int,
        _ range: Range<Int>,
        numerators: UnsafeMutablePointer<Scalar>,
        denominators: UnsafeMutablePointer<Scalar>
    ) {
        if level < self.numerators.count {
            Self.copy(self.numerators[level], range, to: numerators)
            Self.copy(self.denominators[level], range, to: denominators)
        } else if level == height {
            readLeaves(range, denominators)
            for offset in 0..<range.count { numerators[offset] = .one }
        } else {
            combine(level, range, numerators, denominators)
        }
    }

    private static func copy(_ source: [Scalar], _ range: Range<Int>, to output: UnsafeMutablePointer<Scalar>) {
        source.withUnsafeBufferPointer { source in
            guard let first = source.baseAddress else { return }
            output.update(from: first + range.lowerBound, count: range.count)
        }
    }

    private func readLeaves(_ range: Range<Int>, _ denominators: UnsafeMutablePointer<Scalar>) {
        indices.withUnsafeBufferPointer { indices in
            table.withUnsafeBufferPointer { table in
                for (offset, index) in range.enumerated() {
                    denominators[offset] = table[Int(indices[index])]
                }
            }
        }
    }

    /// The nodes of `range` from their children, which are leaves or computed themselves.
    private func combine(
        _ level: Int,
        _ range: Range<Int>,
        _ numerators: UnsafeMutablePointer<Scalar>,
        _ denominators: UnsafeMutablePointer<Scalar>
    ) {
        let count = range.count
        let second = UnsafeMutablePointer<Scalar>.allocate(capacity: 2 * count)
        second.initialize(repeating: .zero, count: 2 * count)
        defer { second.deallocate() }
        let half = 1 << level
        let upper = range.lowerBound + half..<range.upperBound + half
        readWithTail(level: level + 1, range, numerators: numerators, denominators: denominators)
        readWithTail(level: level + 1, upper, numerators: second, denominators: second + count)
        if level + 1 == height {
            for offset in 0..<count {
                numerators[offset] = denominators[offset] + second[count + offset]
                denominators[offset] *= second[count + offset]
            }
        } else {
            for offset in 0..<count {
                let (p1, q1) = (second[offset], second[count + offset])
                numerators[offset] = numerators[offset] * q1 + p1 * denominators[offset]
                denominators[offset] *= q1
            }
        }
    }

    /// A stored level from the one below it, or from the leaves.
    private func makeLevel(
        _ level: Int,
        from below: (numerators: [Scalar], denominators: [Scalar])?
    ) -> (numerators: [Scalar], denominators: [Scalar]) {
        let count = explicitCount(level: level)
        let pieces = count >= 1024 ? 16 : 1
        let half = 1 << level
        var numerators = [Scalar](repeating: .zero, count: count)
        var denominators = numerators
        numerators.withUnsafeMutableBufferPointer { numerators in
            denominators.withUnsafeMutableBufferPointer { denominators in
                guard let first = numerators.baseAddress, let second = denominators.baseAddress else { return }
                // Sound: the pieces write to disjoint elements.
                nonisolated(unsafe) let (p, q) = (first, second)
                Parallel.forEach(pieces, parallel: true) { piece in
                    let range = Parallel.piece(piece, of: pieces, count: count)
                    guard let below else {
                        for start in stride(from: range.lowerBound, to: range.upperBound, by: 64) {
                            let chunk = start..<min(start + 64, range.upperBound)
                            read(level: level, chunk, numerators: p + start, denominators: q + start)
                        }
                        return
                    }
                    let tail = tails[level + 1]
                    for index in range {
                        let (p0, q0) = (below.numerators[index], below.denominators[index])
                        let isExplicit = half + index < below.denominators.count
                        let p1 = isExplicit ? below.numerators[half + index] : tail.numerator
                        let q1 = isExplicit ? below.denominators[half + index] : tail.denominator
                        p[index] = p0 * q1 + p1 * q0
                        q[index] = q0 * q1
                    }
                }
            }
        }
        return (numerators, denominators)
    }
}
