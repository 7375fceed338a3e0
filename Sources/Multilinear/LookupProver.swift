import Ristretto255

/// The prover's side of a logup argument (`docs/protocol.md` section 5.2).
package enum LookupProver {
    /// Sends the roots and every layer; returns the point at which each tree ends.
    package static func prove(
        _ layout: LookupLayout,
        trees: [FractionTree],
        channel: inout ProverChannel
    ) throws(InteractionError) -> [[Scalar]] {
        for pair in layout.roots {
            let column = trees[pair.column]
            let table = trees[pair.table]
            let first = pair.numeratorTimesTableDenominator
            let second = pair.tableNumeratorTimesDenominator
            channel.send(.root, column.numerators[0][0], pad: first.left)
            channel.send(.root, table.denominators[0][0], pad: first.right)
            channel.send(.root, table.numerators[0][0], pad: second.left)
            channel.send(.root, column.denominators[0][0], pad: second.right)
        }
        var points = [[Scalar]](repeating: [], count: trees.count)
        var point: [Scalar] = []
        for (level, layer) in layout.layers.enumerated() {
            let batch = try channel.challenge(.treeBatch)
            var halves = layer.leaves.map { ChildHalves(tree: trees[$0.tree], level: level + 1) }
            let weights = Scalar.powers(of: batch, count: 2 * halves.count)
            var rho: [Scalar] = []
            for (round, pads) in layer.rounds.enumerated() {
                let equality = MultilinearExtension.equalityTable(point[(round + 1)...])
                var atZero = Scalar.zero
                var atTwo = Scalar.zero
                for (index, children) in halves.enumerated() {
                    let sums = children.roundSums(equality, weights[2 * index], weights[2 * index + 1])
                    atZero += sums.zero
                    atTwo += sums.two
                }
                channel.send(.treeRound, atZero, pad: pads.zero)
                channel.send(.treeRound, atTwo, pad: pads.two)
                let challenge = try channel.challenge(.treeRoundChallenge)
                rho.append(challenge)
                for index in halves.indices {
                    halves[index].bind(to: challenge)
                }
            }
            for (children, pads) in zip(halves, layer.leaves) {
                if let cross = pads.cross {
                    channel.send(.treeLeaf, children.p0[0], pad: cross.0.left)
                    channel.send(.treeLeaf, children.q1[0], pad: cross.0.right)
                    channel.send(.treeLeaf, children.p1[0], pad: cross.1.left)
                    channel.send(.treeLeaf, children.q0[0], pad: cross.1.right)
                } else {
                    channel.send(.treeLeaf, children.q0[0], pad: pads.denominators.left)
                    channel.send(.treeLeaf, children.q1[0], pad: pads.denominators.right)
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

/// The children of one tree's level, split by the child bit, during a layer's sumcheck.
private struct ChildHalves {
    var p0: [Scalar]
    var p1: [Scalar]
    var q0: [Scalar]
    var q1: [Scalar]

    init(tree: FractionTree, level: Int) {
        let half = tree.denominators[level].count / 2
        p0 = Array(tree.numerators[level][..<half])
        p1 = Array(tree.numerators[level][half...])
        q0 = Array(tree.denominators[level][..<half])
        q1 = Array(tree.denominators[level][half...])
    }

    /// The sums at 0 and 2 of `eq (wp (p0 q1 + p1 q0) + wq q0 q1)`, the bound variable being the first.
    func roundSums(
        _ equality: [Scalar],
        _ numeratorWeight: Scalar,
        _ denominatorWeight: Scalar
    ) -> (zero: Scalar, two: Scalar) {
        let half = equality.count
        var zero = Scalar.zero
        var two = Scalar.zero
        func term(_ a0: Scalar, _ a1: Scalar, _ b0: Scalar, _ b1: Scalar) -> Scalar {
            numeratorWeight * (a0 * b1 + a1 * b0) + denominatorWeight * (b0 * b1)
        }
        for x in 0..<half {
            zero += equality[x] * term(p0[x], p1[x], q0[x], q1[x])
            let y = half + x
            two +=
                equality[x]
                * term(
                    p0[y] + p0[y] - p0[x],
                    p1[y] + p1[y] - p1[x],
                    q0[y] + q0[y] - q0[x],
                    q1[y] + q1[y] - q1[x]
                )
        }
        return (zero, two)
    }

    mutating func bind(to challenge: Scalar) {
        MultilinearExtension.bindFirst(&p0, to: challenge)
        MultilinearExtension.bindFirst(&p1, to: challenge)
        MultilinearExtension.bindFirst(&q0, to: challenge)
        MultilinearExtension.bindFirst(&q1, to: challenge)
    }
}
