import Ristretto255

/// The prover's side of a logup argument (`docs/protocol.md` section 5.2).
package enum LookupProver {
    /// Sends the roots and every layer; returns the point at which each tree ends.
    package static func prove(
        _ layout: LookupLayout,
        trees: [any FractionLevels],
        channel: inout ProverChannel
    ) throws(InteractionError) -> [[Scalar]] {
        for pair in layout.roots {
            let column = trees[pair.column].node(level: 0, 0)
            let table = trees[pair.table].node(level: 0, 0)
            let first = pair.numeratorTimesTableDenominator
            let second = pair.tableNumeratorTimesDenominator
            channel.send(.root, column.numerator, pad: first.left)
            channel.send(.root, table.denominator, pad: first.right)
            channel.send(.root, table.numerator, pad: second.left)
            channel.send(.root, column.denominator, pad: second.right)
        }
        var points = [[Scalar]](repeating: [], count: trees.count)
        var point: [Scalar] = []
        for (level, layer) in layout.layers.enumerated() {
            let batch = try channel.challenge(.treeBatch)
            let weights = Scalar.powers(of: batch, count: 2 * layer.leaves.count)
            var children = layer.leaves.enumerated().map { index, pads in
                TreeChildren(
                    tree: trees[pads.tree],
                    level: level,
                    haveUnitNumerators: pads.cross == nil,
                    numeratorWeight: weights[2 * index],
                    denominatorWeight: weights[2 * index + 1]
                )
            }
            var rho: [Scalar] = []
            for (round, pads) in layer.rounds.enumerated() {
                let equality = EqualityWeights(point[(round + 1)...])
                var atZero = Scalar.zero
                var atTwo = Scalar.zero
                for index in children.indices {
                    let sums = children[index].roundSums(equality)
                    atZero += sums.zero
                    atTwo += sums.two
                }
                channel.send(.treeRound, atZero, pad: pads.zero)
                channel.send(.treeRound, atTwo, pad: pads.two)
                let challenge = try channel.challenge(.treeRoundChallenge)
                rho.append(challenge)
                for index in children.indices {
                    children[index].bind(to: challenge)
                }
            }
            for (child, pads) in zip(children, layer.leaves) {
                let values = child.values
                if let cross = pads.cross {
                    channel.send(.treeLeaf, values.p0, pad: cross.0.left)
                    channel.send(.treeLeaf, values.q1, pad: cross.0.right)
                    channel.send(.treeLeaf, values.p1, pad: cross.1.left)
                    channel.send(.treeLeaf, values.q0, pad: cross.1.right)
                } else {
                    channel.send(.treeLeaf, values.q0, pad: pads.denominators.left)
                    channel.send(.treeLeaf, values.q1, pad: pads.denominators.right)
                }
            }
            point = [try channel.challenge(.treeMerge)] + rho
            for pads in layer.leaves where layout.trees[pads.tree].height == level + 1 {
                points[pads.tree] = point
            }
        }
        return points
    }
}
