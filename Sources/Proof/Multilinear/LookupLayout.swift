/// The shape and the pads of one logup argument: a set of fraction trees reduced in one run, and which pairs of trees
/// (looked-up column, table) must have opposite sums.
///
/// Gate order: `docs/protocol.md` section 4.
package struct LookupLayout: Sendable {
    /// The fractions of one column or table.
    package struct Tree: Sendable {
        /// It has 2^height leaves.
        package let height: Int
        /// True for a looked-up column, whose leaf numerators are the constant 1.
        package let hasUnitNumerators: Bool

        package init(height: Int, hasUnitNumerators: Bool) {
            self.height = height
            self.hasUnitNumerators = hasUnitNumerators
        }
    }

    /// Pads of the roots of a pair: `P_w Q_t + P_t Q_w = 0`.
    package struct RootPads: Sendable {
        /// Index of the looked-up column's tree.
        package let column: Int
        /// Index of its table's tree.
        package let table: Int
        /// P_w and Q_t.
        package let numeratorTimesTableDenominator: GateAllocator.Product
        /// P_t and Q_w.
        package let tableNumeratorTimesDenominator: GateAllocator.Product
    }

    /// Pads of the two children of a node at the end of a layer's sumcheck.
    package struct LeafPads: Sendable {
        /// Index of the tree.
        package let tree: Int
        /// (p0, q1) and (p1, q0); nil where the numerators are the constant 1.
        package let cross: (GateAllocator.Product, GateAllocator.Product)?
        /// (q0, q1), which are copies of the ones in `cross` where that is present.
        package let denominators: GateAllocator.Product
    }

    /// The pads of one level of all trees that reach below it.
    package struct Layer: Sendable {
        /// Per round, the pads of t(0) and t(2).
        package let rounds: [(zero: Wire, two: Wire)]
        /// In the order of the trees.
        package let leaves: [LeafPads]
    }

    /// Columns and tables, in the statement's order.
    package let trees: [Tree]
    /// One for each pair of column and table.
    package let roots: [RootPads]
    /// From the roots down; as many as the highest tree has.
    package let layers: [Layer]

    /// Masked scalars that the lookup sends: roots, round polynomials, leaves.
    package var maskedScalarCount: Int {
        layers.reduce(4 * roots.count) { sum, layer in
            layer.leaves.reduce(sum + 2 * layer.rounds.count) { $0 + ($1.cross == nil ? 2 : 4) }
        }
    }

    /// - Parameters:
    ///   - trees: each of height 1 or more.
    ///   - pairs: indices of the trees whose sums are compared; each tree in one pair.
    package init(trees: [Tree], pairs: [(column: Int, table: Int)], allocator: inout GateAllocator) {
        precondition(trees.allSatisfy { $0.height > 0 }, "a tree without a layer")
        self.trees = trees
        roots = pairs.map { pair in
            RootPads(
                column: pair.column,
                table: pair.table,
                numeratorTimesTableDenominator: allocator.product(),
                tableNumeratorTimesDenominator: allocator.product()
            )
        }
        var layers: [Layer] = []
        for level in 0..<(trees.map(\.height).max() ?? 0) {
            let rounds = (0..<level).map { _ in (zero: allocator.single(), two: allocator.single()) }
            var leaves: [LeafPads] = []
            for (index, tree) in trees.enumerated() where tree.height > level {
                if tree.hasUnitNumerators && level == tree.height - 1 {
                    leaves.append(LeafPads(tree: index, cross: nil, denominators: allocator.product()))
                } else {
                    let first = allocator.product()
                    let second = allocator.product()
                    let denominators = allocator.product(second.right, first.right)
                    leaves.append(LeafPads(tree: index, cross: (first, second), denominators: denominators))
                }
            }
            layers.append(Layer(rounds: rounds, leaves: leaves))
        }
        self.layers = layers
    }
}
