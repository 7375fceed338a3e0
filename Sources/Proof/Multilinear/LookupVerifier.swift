import Ristretto255

/// The constraints of a logup argument (`docs/protocol.md` section 5.2), built from a channel by verifier and prover.
package enum LookupVerifier {
    /// Where one tree's run ended: the claimed leaf fraction at a random point, as affine forms in the pads.
    package struct LeafClaim: Sendable {
        package let point: [Scalar]
        package let numerator: Affine
        package let denominator: Affine
    }

    package static func run(
        _ layout: LookupLayout,
        channel: inout some Channel,
        constraints: inout ConstraintList
    ) throws(InteractionError) -> [LeafClaim] {
        var numerators = [Affine](repeating: Affine(), count: layout.trees.count)
        var denominators = numerators
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
            numerators[pair.column] = columnNumerator.affine
            denominators[pair.column] = columnDenominator.affine
            numerators[pair.table] = tableNumerator.affine
            denominators[pair.table] = tableDenominator.affine
        }
        var claims: [LeafClaim?] = Array(repeating: nil, count: layout.trees.count)
        var point: [Scalar] = []
        for (level, layer) in layout.layers.enumerated() {
            let batch = try channel.challenge(.treeBatch)
            let weights = Scalar.powers(of: batch, count: 2 * layer.leaves.count)
            var claim = Affine()
            for (index, pads) in layer.leaves.enumerated() {
                claim.add(numerators[pads.tree], times: weights[2 * index])
                claim.add(denominators[pads.tree], times: weights[2 * index + 1])
            }
            var rho: [Scalar] = []
            for (round, pads) in layer.rounds.enumerated() {
                let zero = try channel.receive(.treeRound, pad: pads.zero).affine
                let two = try channel.receive(.treeRound, pad: pads.two).affine
                // The equality factor is divided out (Gruen, ePrint 2024/108):
                // claim = (1 - pt) t(0) + pt t(1).
                let coordinate = point[round]
                let one = (claim - zero * (.one - coordinate)) * coordinate.inverse()
                let challenge = try channel.challenge(.treeRoundChallenge)
                rho.append(challenge)
                let lagrange = QuadraticRound.weights(at: challenge)
                claim = zero * lagrange.zero + one * lagrange.one + two * lagrange.two
            }
            let merge: Scalar
            var children: [(tree: Int, values: ChildForms)] = []
            var expected = Affine()
            for (index, pads) in layer.leaves.enumerated() {
                let values = try ChildForms(receiving: pads, from: &channel)
                expected.add(values.numerator, times: weights[2 * index])
                expected.add(values.denominator, times: weights[2 * index + 1])
                children.append((pads.tree, values))
            }
            constraints.require(.lookupLayer, isZero: claim - expected)
            merge = try channel.challenge(.treeMerge)
            point = [merge] + rho
            for (tree, values) in children {
                numerators[tree] = values.p0 * (.one - merge) + values.p1 * merge
                denominators[tree] = values.q0 * (.one - merge) + values.q1 * merge
                if layout.trees[tree].height == level + 1 {
                    claims[tree] = LeafClaim(
                        point: point,
                        numerator: numerators[tree],
                        denominator: denominators[tree]
                    )
                }
            }
        }
        // Every tree has a height below the number of layers, so each has ended.
        return claims.compactMap { $0 }
    }
}

/// The four child values of a node and the two products that its fraction sum needs.
private struct ChildForms {
    var p0 = Affine(.one)
    var p1 = Affine(.one)
    let q0: Affine
    let q1: Affine
    /// `p0 q1 + p1 q0`.
    let numerator: Affine
    /// `q0 q1`.
    let denominator: Affine

    init(receiving pads: LookupLayout.LeafPads, from channel: inout some Channel) throws(InteractionError) {
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
