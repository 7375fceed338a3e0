import Ristretto255

/// The fraction tree of a looked-up column: leaf x is `1 / table[indices[x]]`, and `1 / table[tailIndex]` beyond.
///
/// The leaves and their parents, three quarters of the tree, are never stored: a layer makes them of the indices when it needs
/// them. The other levels lie in one arena of 2^height scalars, where each layer works in place of the levels above:
///
///     level height - 2 | height - 3 | ..       numerators, then denominators, child 0 before child 1
///
/// In scalar products for each of 2^height leaves, most are made by the last three layers: about 1 to build the tree, 2 and
/// 3 for the layers to the leaves and to their parents, 2 for all others together.
package final class IndexedFractionTree: FractionLevels {
    /// Shorter columns have no three rounds in their last layer; ``FractionTree`` has them.
    static let leastHeight = 4

    package let height: Int
    let leaves: FractionLeaves
    let arena: SecretArena

    /// - Parameters:
    ///   - height: at least ``leastHeight``.
    ///   - indices: at most 2^height indices into `table`.
    ///   - table: the leaf denominators of the table's rows.
    ///   - tailIndex: what the rest of the hypercube looks up.
    init(height: Int, indices: [Int32], tailIndex: Int32, table: [Scalar]) {
        precondition(
            height >= Self.leastHeight && indices.count <= 1 << height,
            "a column that is no tree of its height"
        )
        self.height = height
        leaves = FractionLeaves(height: height, indices: indices, tailIndex: tailIndex, table: table)
        arena = SecretArena(count: 1 << height)
        makeLowestLevel()
        for level in stride(from: height - 3, through: 0, by: -1) { makeLevel(level) }
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
        switch level {
        case height: (.one, leaves.denominator(index))
        case height - 1: leaves.withReader { $0.parent(index) }
        default: (arena.scalars[offset(level) + index], arena.scalars[offset(level) + 1 << level + index])
        }
    }

    package func layer(_ level: Int, lambda: Scalar) -> any FractionLayer {
        switch level {
        case height - 1: UnitFractionLayer(leaves, lambda: lambda, arena: arena)
        case height - 2: StoredFractionLayer(level, lambda: lambda, arena: arena, at: 0, from: leaves)
        default: StoredFractionLayer(level, lambda: lambda, arena: arena, at: offset(level + 1))
        }
    }

    /// Where a level's numerators start; its denominators follow.
    private func offset(_ level: Int) -> Int { 2 * (1 << (height - 1) - 2 << level) }

    private func makeLowestLevel() {
        let count = 1 << (height - 2)
        let (p, q) = (arena.scalars, arena.scalars + count)
        leaves.withReader { reader in
            Parallel.forEachPiece(count: count, cost: 120) { range in
                for x in range {
                    let (p0, q0) = reader.parent(x)
                    let (p1, q1) = reader.parent(x &+ count)
                    p[x] = Scalar.sumOfProducts(p0, q1, p1, q0)
                    q[x] = q0 * q1
                }
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
