import Ristretto255

/// The fraction tree of a looked-up column: leaf x is `1 / table[indices[x]]`, and `1 / table[tailIndex]` beyond.
///
/// The leaves and their parents, three quarters of the tree, are never stored, nor are the parents' parents of a long column:
/// a layer makes them of the indices when it needs them. The other levels lie in one arena, a quarter of the size of a whole
/// tree's leaves and nodes, or an eighth, where each layer works in place of the levels above:
///
///     lowest stored level | the one above | ..       numerators, then denominators, child 0 before child 1
///
/// In scalar products for each of 2^height leaves, the last three layers make most: about 1 to build the tree, 2 and 3 for the
/// layers to the leaves and to their parents, 2 for all others together; 2 more where the parents' parents are made again.
package final class IndexedFractionTree: FractionLevels {
    /// Shorter columns have no three rounds in their last layer; ``FractionTree`` has them.
    static let leastHeight = 4
    /// From here on, 16 bytes a leaf and the time that fresh memory takes are worth more than the products saved.
    private static let tall = 21

    package let height: Int
    /// The lowest level in memory: the parents' parents, or theirs.
    private let lowest: Int
    private let leaves: FractionLeaves
    private let arena: SecretArena

    /// - Parameters:
    ///   - height: at least ``leastHeight``.
    ///   - indices: at most 2^height indices into `table`.
    ///   - table: the leaf denominators of the table's rows.
    ///   - tailIndex: what the rest of the hypercube looks up.
    ///   - storesGrandparents: nil where the height says.
    init(height: Int, indices: [Int32], tailIndex: Int32, table: [Scalar], storesGrandparents: Bool? = nil) {
        precondition(
            height >= Self.leastHeight && indices.count <= 1 << height,
            "a column that is no tree of its height"
        )
        self.height = height
        leaves = FractionLeaves(height: height, indices: indices, tailIndex: tailIndex, table: table)
        lowest = storesGrandparents ?? (height < Self.tall) ? height - 2 : height - 3
        arena = SecretArena(count: 4 << lowest)
        leaves.withReader { reader in
            if lowest == height - 2 {
                makeLowestLevel(cost: 120) { reader.parent($0) }
            } else {
                makeLowestLevel(cost: 300) { reader.grandparent($0) }
            }
        }
        for level in stride(from: lowest - 1, through: 0, by: -1) { makeLevel(level) }
    }

    /// A column's tree, whatever its height.
    package static func column(
        height: Int,
        indices: [Int32],
        tailIndex: Int32,
        table: [Scalar]
    ) -> any FractionLevels {
        guard height < leastHeight else {
            return IndexedFractionTree(height: height, indices: indices, tailIndex: tailIndex, table: table)
        }
        let used = indices.map { table[Int($0)] }
        let rest = Array(repeating: table[Int(tailIndex)], count: 1 << height - used.count)
        return FractionTree(
            leafNumerators: Array(repeating: .one, count: 1 << height),
            leafDenominators: used + rest
        )
    }

    package func node(level: Int, _ index: Int) -> (numerator: Scalar, denominator: Scalar) {
        if level <= lowest {
            return (arena.scalars[offset(level) + index], arena.scalars[offset(level) + 1 << level + index])
        }
        return switch height - level {
        case 0: (.one, leaves.denominator(index))
        case 1: leaves.withReader { $0.parent(index) }
        default: leaves.withReader { $0.grandparent(index) }
        }
    }

    package func layer(_ level: Int, lambda: Scalar) -> any FractionLayer {
        func layer(_ source: StoredFractionLayer.Source) -> any FractionLayer {
            StoredFractionLayer(level, lambda: lambda, arena: arena, source)
        }
        return switch height - level {
        case 1: UnitFractionLayer(leaves, lambda: lambda, arena: arena)
        case 2: layer(lowest == height - 2 ? .leaves(leaves, parents: true) : .leavesTwice(leaves))
        case 3 where lowest == height - 3: layer(.leaves(leaves, parents: false))
        default: layer(.arena(at: offset(level + 1)))
        }
    }

    /// Where a level's numerators start; its denominators follow.
    private func offset(_ level: Int) -> Int { 2 * (2 << lowest - 2 << level) }

    /// - Parameter child: a node of the level below.
    @inline(__always)
    private func makeLowestLevel(cost: Int, _ child: (Int) -> (numerator: Scalar, denominator: Scalar)) {
        let count = 1 << lowest
        let (p, q) = (arena.scalars, arena.scalars + count)
        Parallel.forEachPiece(count: count, cost: cost) { range in
            for x in range {
                let (p0, q0) = child(x)
                let (p1, q1) = child(x &+ count)
                p[x] = Scalar.sumOfProducts(p0, q1, p1, q0)
                q[x] = q0 * q1
            }
        }
    }

    private func makeLevel(_ level: Int) {
        let count = 1 << level
        let (p, q) = (arena.scalars + offset(level), arena.scalars + offset(level) + count)
        let (below, denominators) = (arena.scalars + offset(level + 1), arena.scalars + offset(level + 1) + 2 * count)
        Parallel.forEachPiece(count: count, cost: 70) { range in
            for x in range {
                let (p0, q0) = (below[x], denominators[x])
                let (p1, q1) = (below[x &+ count], denominators[x &+ count])
                p[x] = Scalar.sumOfProducts(p0, q1, p1, q0)
                q[x] = q0 * q1
            }
        }
    }
}
