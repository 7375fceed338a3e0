import Ristretto255

/// The constraints of a logup argument (`docs/protocol.md` section 5.2), built from a channel by verifier and prover.
package enum LookupVerifier {
    /// Where one tree's run ended: the claimed leaf fraction at a random point, as affine forms in the pads.
    package struct LeafEvaluation: Sendable {
        /// One coordinate for each level of the tree, most significant first.
        package let point: [Scalar]
        /// p at the point.
        package let numerator: AffineForm
        /// q at the point.
        package let denominator: AffineForm
    }

    /// What is claimed of every tree at the layer that the run has come to.
    private struct Claims {
        var numerators: [AffineForm]
        var denominators: [AffineForm]
        /// The same for all trees that have not ended.
        var point: [Scalar] = []
    }

    /// - Returns: one claim for each of the layout's trees. Each has at least one layer.
    package static func run(
        _ layout: LookupLayout,
        channel: inout some MessageChannel,
        constraints: inout ConstraintList
    ) throws(InteractionError) -> [LeafEvaluation] {
        var claims = try receiveRoots(layout, &channel, &constraints)
        var leaves: [LeafEvaluation?] = Array(repeating: nil, count: layout.trees.count)
        for (level, layer) in layout.layers.enumerated() {
            try descend(layer, &claims, &channel, &constraints)
            for pads in layer.leaves where layout.trees[pads.tree].height == level + 1 {
                leaves[pads.tree] = LeafEvaluation(
                    point: claims.point,
                    numerator: claims.numerators[pads.tree],
                    denominator: claims.denominators[pads.tree]
                )
            }
        }
        // Every tree's height is between 1 and the number of layers, so each has ended.
        return leaves.compactMap { $0 }
    }

    private static func receiveRoots(
        _ layout: LookupLayout,
        _ channel: inout some MessageChannel,
        _ constraints: inout ConstraintList
    ) throws(InteractionError) -> Claims {
        let zeros = [AffineForm](repeating: AffineForm(), count: layout.trees.count)
        var claims = Claims(numerators: zeros, denominators: zeros)
        for pair in layout.roots {
            let first = pair.numeratorTimesTableDenominator
            let second = pair.tableNumeratorTimesDenominator
            let columnNumerator = try channel.receive(.root, pad: first.left)
            let tableDenominator = try channel.receive(.root, pad: first.right)
            let tableNumerator = try channel.receive(.root, pad: second.left)
            let columnDenominator = try channel.receive(.root, pad: second.right)
            constraints.require(
                .lookupRoot,
                isZero: MaskedScalar.product(columnNumerator, tableDenominator, output: first.output)
                    + MaskedScalar.product(tableNumerator, columnDenominator, output: second.output)
            )
            claims.numerators[pair.column] = columnNumerator.affine
            claims.denominators[pair.column] = columnDenominator.affine
            claims.numerators[pair.table] = tableNumerator.affine
            claims.denominators[pair.table] = tableDenominator.affine
        }
        return claims
    }

    /// From claims on the nodes of one level to claims on their children's level.
    private static func descend(
        _ layer: LookupLayout.Layer,
        _ claims: inout Claims,
        _ channel: inout some MessageChannel,
        _ constraints: inout ConstraintList
    ) throws(InteractionError) {
        let batch = try channel.challenge(.treeBatch)
        let weights = Scalar.powers(of: batch, count: 2 * layer.leaves.count)
        var claim = AffineForm()
        for (index, pads) in layer.leaves.enumerated() {
            claim.add(claims.numerators[pads.tree], times: weights[2 * index])
            claim.add(claims.denominators[pads.tree], times: weights[2 * index + 1])
        }
        var rho: [Scalar] = []
        for (round, pads) in layer.rounds.enumerated() {
            let zero = try channel.receive(.treeRound, pad: pads.zero).affine
            let two = try channel.receive(.treeRound, pad: pads.two).affine
            // The equality factor is divided out (Gruen, ePrint 2024/108): claim = (1 - pt) t(0) + pt t(1).
            let coordinate = claims.point[round]
            let one = (claim - zero * (.one - coordinate)) * coordinate.inverse()
            let challenge = try channel.challenge(.treeRoundChallenge)
            rho.append(challenge)
            let lagrange = QuadraticRound.weights(at: challenge)
            claim = zero * lagrange.zero + one * lagrange.one + two * lagrange.two
        }
        var children: [(tree: Int, values: ChildForms)] = []
        var expected = AffineForm()
        for (index, pads) in layer.leaves.enumerated() {
            let values = try ChildForms(receiving: pads, from: &channel)
            expected.add(values.numerator, times: weights[2 * index])
            expected.add(values.denominator, times: weights[2 * index + 1])
            children.append((pads.tree, values))
        }
        constraints.require(.lookupLayer, isZero: claim - expected)
        let merge = try channel.challenge(.treeMerge)
        claims.point = [merge] + rho
        for (tree, values) in children {
            claims.numerators[tree] = values.p0 * (.one - merge) + values.p1 * merge
            claims.denominators[tree] = values.q0 * (.one - merge) + values.q1 * merge
        }
    }
}

/// The four child values of a node and the two products that its fraction sum needs.
private struct ChildForms {
    var p0 = AffineForm(.one)
    var p1 = AffineForm(.one)
    let q0: AffineForm
    let q1: AffineForm
    /// `p0 q1 + p1 q0`.
    let numerator: AffineForm
    /// `q0 q1`.
    let denominator: AffineForm

    init(receiving pads: LookupLayout.LeafPads, from channel: inout some MessageChannel) throws(InteractionError) {
        if let cross = pads.cross {
            let p0 = try channel.receive(.treeLeaf, pad: cross.0.left)
            let q1 = try channel.receive(.treeLeaf, pad: cross.0.right)
            let p1 = try channel.receive(.treeLeaf, pad: cross.1.left)
            let q0 = try channel.receive(.treeLeaf, pad: cross.1.right)
            self.p0 = p0.affine
            self.p1 = p1.affine
            self.q0 = q0.affine
            self.q1 = q1.affine
            numerator =
                MaskedScalar.product(p0, q1, output: cross.0.output)
                + MaskedScalar.product(p1, q0, output: cross.1.output)
            denominator = MaskedScalar.product(
                q0.through(pads.denominators.left),
                q1.through(pads.denominators.right),
                output: pads.denominators.output
            )
        } else {
            let q0 = try channel.receive(.treeLeaf, pad: pads.denominators.left)
            let q1 = try channel.receive(.treeLeaf, pad: pads.denominators.right)
            self.q0 = q0.affine
            self.q1 = q1.affine
            numerator = q0.affine + q1.affine
            denominator = MaskedScalar.product(q0, q1, output: pads.denominators.output)
        }
    }
}
