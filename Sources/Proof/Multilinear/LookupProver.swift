import Ristretto255

/// The prover's side of a logup argument (`docs/protocol.md` section 5.2).
package enum LookupProver {
    /// Sends the roots and every layer; returns the point at which each tree ends.
    ///
    /// - Parameter trees: one for each of the layout's, of its height.
    package static func prove(
        _ layout: LookupLayout,
        trees: [any FractionLevels],
        channel: inout ProverChannel
    ) throws(InteractionError) -> [[Scalar]] {
        sendRoots(layout, trees, &channel)
        var points = [[Scalar]](repeating: [], count: trees.count)
        var point: [Scalar] = []
        for (level, layer) in layout.layers.enumerated() {
            point = try prove(layer, level: level, trees, from: point, &channel)
            for pads in layer.leaves where layout.trees[pads.tree].height == level + 1 {
                points[pads.tree] = point
            }
        }
        return points
    }

    private static func sendRoots(
        _ layout: LookupLayout,
        _ trees: [any FractionLevels],
        _ channel: inout ProverChannel
    ) {
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
    }

    /// From a claim on the nodes of `level` at `point` to one on the nodes below, at the point that is returned.
    private static func prove(
        _ layer: LookupLayout.Layer,
        level: Int,
        _ trees: [any FractionLevels],
        from point: [Scalar],
        _ channel: inout ProverChannel
    ) throws(InteractionError) -> [Scalar] {
        let batch = try channel.challenge(.treeBatch)
        let weights = Scalar.powers(of: batch, count: 2 * layer.leaves.count)
        var sums = layer.leaves.enumerated().map { index, pads in
            FractionLayerSumcheck(
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
            for index in sums.indices {
                let own = sums[index].roundSums(equality)
                atZero += own.zero
                atTwo += own.two
            }
            channel.send(.treeRound, atZero, pad: pads.zero)
            channel.send(.treeRound, atTwo, pad: pads.two)
            let challenge = try channel.challenge(.treeRoundChallenge)
            rho.append(challenge)
            for index in sums.indices { sums[index].bind(to: challenge) }
        }
        for (sum, pads) in zip(sums, layer.leaves) { send(sum.values, pads, &channel) }
        return [try channel.challenge(.treeMerge)] + rho
    }

    private static func send(
        _ children: (p0: Scalar, p1: Scalar, q0: Scalar, q1: Scalar),
        _ pads: LookupLayout.LeafPads,
        _ channel: inout ProverChannel
    ) {
        if let cross = pads.cross {
            channel.send(.treeLeaf, children.p0, pad: cross.0.left)
            channel.send(.treeLeaf, children.q1, pad: cross.0.right)
            channel.send(.treeLeaf, children.p1, pad: cross.1.left)
            channel.send(.treeLeaf, children.q0, pad: cross.1.right)
        } else {
            channel.send(.treeLeaf, children.q0, pad: pads.denominators.left)
            channel.send(.treeLeaf, children.q1, pad: pads.denominators.right)
        }
    }
}
