import Ristretto255

/// The layer to a column's leaves, whose numerators are 1: the summand is lambda u v - 1/lambda, u and v being the leaves of
/// children 0 and 1 plus 1/lambda (``FractionLayer``).
///
/// In the first three rounds u and v are not tables: after r challenges an entry is a sum of 2^r leaves times eq of the
/// challenges, and leaves are rows of the looked-up table, so that a table of scaled rows for each of the 2^r gives it without
/// a product. The third round writes what is left, an eighth.
///
/// Where child 1 is the tail in a whole run, v is constant: the sum at 0 is v times that of u, and there is no square.
final class UnitFractionLayer: FractionLayer {
    private let leaves: FractionLeaves
    private let lambda: Scalar
    private let inverse: Scalar
    /// u + 1/lambda of the tail.
    private let tail: Scalar
    /// Challenges that are bound in ``rows``.
    private var challenges: [Scalar] = []
    /// The table plus 1/lambda.
    private let base: [Scalar]
    private let arena: SecretArena
    private let u: UnsafeMutablePointer<Scalar>
    private let v: UnsafeMutablePointer<Scalar>
    /// Values of v, and as many differences, that are stored; beyond them it is the tail.
    private var explicit: Int
    /// Entries that are left.
    private var count: Int

    private static let roundsFromRows = 3

    init(_ leaves: FractionLeaves, lambda: Scalar, arena: SecretArena) {
        self.leaves = leaves
        self.lambda = lambda
        let inverse = lambda.inverse()
        self.inverse = inverse
        tail = leaves.tail + inverse
        base = leaves.table.map { $0 + inverse }
        self.arena = arena
        count = leaves.half
        u = arena.scalars
        v = u + count / 4
        explicit = leaves.explicitUpper
    }

    func roundSums(_ equality: EqualityWeights, binding challenge: Scalar?) -> RoundSums {
        count /= 2
        var sums: RoundSums
        if let challenge, challenges.count + 1 == Self.roundsFromRows {
            sums = next(binding: challenge, equality)
        } else {
            if let challenge { challenges.append(challenge) }
            sums = roundFromRows(equality)
        }
        explicit = min(explicit, count)
        // eq adds up to 1 over the nodes.
        sums.zero = lambda * sums.zero - inverse
        sums.square *= lambda
        return sums
    }

    func values(binding challenge: Scalar?) -> FractionChildren {
        guard let challenge else { preconditionFailure("a layer of leaves without a round") }
        return FractionChildren(
            p0: .one,
            p1: .one,
            q0: u[0] + challenge * u[1] - inverse,
            q1: v[0] + challenge * v[1] - inverse
        )
    }

    // MARK: - From rows of the table

    private func roundFromRows(_ equality: EqualityWeights) -> RoundSums {
        let half = count
        let rows = scaledRows()
        return rows.withUnsafeBufferPointer { rows in
            leaves.withReader { reader in
                RunSums(equality: equality, cost: 150).over(half) { start, weights in
                    let run = LeafRun(reader, rows, rowCount: base.count, start: start, half: half)
                    // The number of terms is a constant in each loop.
                    return switch challenges.count {
                    case 0: sums(run, terms: 1, start, weights)
                    case 1: sums(run, terms: 2, start, weights)
                    default: sums(run, terms: 4, start, weights)
                    }
                }
            }
        }
    }

    /// The rows times eq(challenges, k), for every k.
    private func scaledRows() -> [Scalar] {
        let weights = MultilinearExtension.equalityTable(challenges)
        let base = base
        guard weights.count > 1 else { return base }
        return [Scalar](unsafeUninitializedCapacity: weights.count * base.count) { buffer, initialized in
            // Sound: the pieces write to disjoint elements.
            nonisolated(unsafe) let output = buffer
            Parallel.forEachPiece(count: output.count, cost: 25) { range in
                for index in range {
                    output.initializeElement(at: index, to: base[index % base.count] * weights[index / base.count])
                }
            }
            initialized = output.count
        }
    }

    @inline(__always)
    private func sums(
        _ run: LeafRun,
        terms: Int,
        _ start: Int,
        _ weights: UnsafeBufferPointer<Scalar>
    ) -> (zero: Scalar, square: Scalar) {
        let half = count
        let isLast = terms == 1 << (Self.roundsFromRows - 1)
        var zero = ScalarAccumulator()
        var square = ScalarAccumulator()
        guard start < leaves.explicitUpper else {
            for offset in 0..<weights.count {
                let value = run.entry(run.u, 0, offset, terms)
                zero.add(weights[offset], times: value)
                if isLast {
                    u[start &+ offset] = value
                    u[start &+ offset &+ half] = run.entry(run.u, 1, offset, terms) - value
                }
            }
            return (zero.reduced() * tail, .zero)
        }
        for offset in 0..<weights.count {
            let (u0, v0) = (run.entry(run.u, 0, offset, terms), run.entry(run.v, 0, offset, terms))
            let u1 = run.entry(run.u, 1, offset, terms) - u0
            let v1 = run.entry(run.v, 1, offset, terms) - v0
            zero.add(weights[offset], times: u0 * v0)
            square.add(weights[offset], times: u1 * v1)
            if isLast {
                let y = start &+ offset
                (u[y], u[y &+ half], v[y], v[y &+ half]) = (u0, u1, v0, v1)
            }
        }
        return (zero.reduced(), square.reduced())
    }

    // MARK: - From tables

    private func next(binding challenge: Scalar, _ equality: EqualityWeights) -> RoundSums {
        let half = count
        let (u, v, tail, explicit) = (u, v, tail, explicit)
        return RunSums(equality: equality, cost: 150).over(half) { start, weights in
            var zero = ScalarAccumulator()
            var square = ScalarAccumulator()
            guard start < explicit else {
                for offset in 0..<weights.count {
                    zero.add(weights[offset], times: FractionFactors.bind(u, start &+ offset, half, challenge).value)
                }
                return (zero.reduced() * tail, .zero)
            }
            // Both halves of v are stored, or the first is and the second is the tail.
            let isUpperStored = start &+ half < explicit
            for offset in 0..<weights.count {
                let y = start &+ offset
                let first = FractionFactors.bind(u, y, half, challenge)
                let second: (value: Scalar, difference: Scalar)
                if isUpperStored {
                    second = FractionFactors.bind(v, y, half, challenge)
                } else {
                    let value = v[y] + challenge * v[y &+ 2 &* half]
                    second = (value, tail - value)
                    (v[y], v[y &+ half]) = second
                }
                zero.add(weights[offset], times: first.value * second.value)
                square.add(weights[offset], times: first.difference * second.difference)
            }
            return (zero.reduced(), square.reduced())
        }
    }
}

/// Where the leaves of a run's entries are found: for entry y, those at y, h + y, 2h + y, .. of either child, of which the even
/// ones make the entry and the odd ones its neighbour h further on.
private struct LeafRun {
    typealias Indices = (
        UnsafePointer<Int32>, UnsafePointer<Int32>, UnsafePointer<Int32>, UnsafePointer<Int32>,
        UnsafePointer<Int32>, UnsafePointer<Int32>, UnsafePointer<Int32>, UnsafePointer<Int32>
    )
    /// Of child 0, entry first and neighbour second.
    let u: Indices
    let v: Indices
    /// The scaled rows of each term.
    private let rows: UnsafePointer<Scalar>
    private let rowCount: Int

    init(
        _ reader: FractionLeaves.Reader,
        _ rows: UnsafeBufferPointer<Scalar>,
        rowCount: Int,
        start: Int,
        half: Int
    ) {
        guard let first = rows.baseAddress else { preconditionFailure("a table without rows") }
        self.rows = first
        self.rowCount = rowCount
        let terms = rows.count / rowCount
        func indices(_ child: Int) -> Indices {
            func at(_ neighbour: Int, _ term: Int) -> UnsafePointer<Int32> {
                reader.run(child: child, start + (2 * min(term, terms - 1) + neighbour) * half)
            }
            return (at(0, 0), at(0, 1), at(0, 2), at(0, 3), at(1, 0), at(1, 1), at(1, 2), at(1, 3))
        }
        u = indices(0)
        v = indices(1)
    }

    @inline(__always)
    func entry(_ indices: Indices, _ neighbour: Int, _ offset: Int, _ terms: Int) -> Scalar {
        let at =
            neighbour == 0
            ? (indices.0, indices.1, indices.2, indices.3) : (indices.4, indices.5, indices.6, indices.7)
        let first = rows[Int(at.0[offset])]
        if terms == 1 { return first }
        let second = first + rows[rowCount &+ Int(at.1[offset])]
        if terms == 2 { return second }
        return second + (rows[2 &* rowCount &+ Int(at.2[offset])] + rows[3 &* rowCount &+ Int(at.3[offset])])
    }
}
