import Ristretto255

/// The prover's side of a logup argument (`docs/protocol.md` section 5.2).
package enum LookupProver {
    /// What is claimed of every tree at the layer that the run has come to.
    private struct Claims {
        var numerators: [Scalar]
        var denominators: [Scalar]
        /// The same for all trees that have not ended.
        var point: [Scalar] = []
    }

    /// Sends the roots and every layer; returns the point at which each tree ends.
    ///
    /// - Parameter trees: one for each of the layout's, of its height. They are used up.
    package static func prove(
        _ layout: LookupLayout,
        trees: [any FractionLevels],
        channel: inout ProverChannel
    ) throws(InteractionError) -> [[Scalar]] {
        var claims = sendRoots(layout, trees, &channel)
        var points = [[Scalar]](repeating: [], count: trees.count)
        for (level, layer) in layout.layers.enumerated() {
            try prove(layer, level: level, trees, &claims, &channel)
            for pads in layer.leaves where layout.trees[pads.tree].height == level + 1 {
                points[pads.tree] = claims.point
            }
        }
        return points
    }

    private static func sendRoots(
        _ layout: LookupLayout,
        _ trees: [any FractionLevels],
        _ channel: inout ProverChannel
    ) -> Claims {
        let roots = trees.map { $0.node(level: 0, 0) }
        for pair in layout.roots {
            let (column, table) = (roots[pair.column], roots[pair.table])
            let first = pair.numeratorTimesTableDenominator
            let second = pair.tableNumeratorTimesDenominator
            channel.send(.root, column.numerator, pad: first.left)
            channel.send(.root, table.denominator, pad: first.right)
            channel.send(.root, table.numerator, pad: second.left)
            channel.send(.root, column.denominator, pad: second.right)
        }
        return Claims(numerators: roots.map(\.numerator), denominators: roots.map(\.denominator))
    }

    /// From claims on the nodes of `level` to claims on their children's level.
    private static func prove(
        _ layer: LookupLayout.Layer,
        level: Int,
        _ trees: [any FractionLevels],
        _ claims: inout Claims,
        _ channel: inout ProverChannel
    ) throws(InteractionError) {
        let batch = try channel.challenge(.treeBatch)
        let weights = Scalar.powers(of: batch.squared(), count: layer.leaves.count)
        var claim = Scalar.zero
        for (weight, pads) in zip(weights, layer.leaves) {
            claim += weight * (claims.numerators[pads.tree] + batch * claims.denominators[pads.tree])
        }
        let layers = layer.leaves.map { trees[$0.tree].layer(level, lambda: batch) }
        let rho = try proveRounds(layer, layers, weights, claim, from: claims.point, &channel)
        let children = layers.map { $0.values(binding: rho.last) }
        for (children, pads) in zip(children, layer.leaves) { send(children, pads, &channel) }

        let merge = try channel.challenge(.treeMerge)
        claims.point = [merge] + rho
        for (children, pads) in zip(children, layer.leaves) {
            claims.numerators[pads.tree] = children.p0 + merge * (children.p1 - children.p0)
            claims.denominators[pads.tree] = children.q0 + merge * (children.q1 - children.q0)
        }
    }

    /// The rounds of one layer's sumcheck over all of its trees; returns the challenges.
    private static func proveRounds(
        _ layer: LookupLayout.Layer,
        _ layers: [any FractionLayer],
        _ weights: [Scalar],
        _ claim: Scalar,
        from point: [Scalar],
        _ channel: inout ProverChannel
    ) throws(InteractionError) -> [Scalar] {
        var claim = claim
        var inverses = point
        Scalar.batchInvert(&inverses)
        var rho: [Scalar] = []
        var equality: EqualityWeights?
        for (round, pads) in layer.rounds.enumerated() {
            let weightsOfRest = EqualityWeights(point[(round + 1)...], sharing: equality)
            equality = weightsOfRest
            var sums = RoundSums()
            for (weight, layer) in zip(weights, layers) {
                let own = layer.roundSums(weightsOfRest, binding: rho.last)
                sums.add(weight, own.zero, own.square)
            }
            // t(1) follows from the claim, (1 - pt) t(0) + pt t(1), and t(2) from three coefficients.
            let coordinate = point[round]
            let one = (claim - (.one - coordinate) * sums.zero) * inverses[round]
            let slope = one - sums.zero - sums.square
            channel.send(.treeRound, sums.zero, pad: pads.zero)
            channel.send(.treeRound, sums.zero + (slope + sums.square.doubled()).doubled(), pad: pads.two)
            let challenge = try channel.challenge(.treeRoundChallenge)
            rho.append(challenge)
            claim = sums.zero + challenge * (slope + challenge * sums.square)
        }
        return rho
    }

    private static func send(
        _ children: FractionChildren,
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
