import Multilinear
import Ristretto255

// The constraints of the match, the same way for verifier and prover (`docs/protocol.md` section 5).
extension MatchStatement {
    /// Bits, and the three kinds of range statements.
    func requireLocal(_ constraints: inout ConstraintList) {
        for pair in shape.pairWires {
            Self.require(
                .rangeInnerProduct,
                AffineForm(pair.innerProductSquared.left) - AffineForm(.one),
                bits: pair.innerProductBits,
                &constraints
            )
            var margin = AffineForm()
            margin.add(pair.innerProductSquared.output, times: Scalar(1 << 16))
            margin.add(pair.normProduct.output, times: -Scalar(UInt64(challenge.threshold)))
            Self.require(.rangeThreshold, margin, bits: pair.thresholdBits, &constraints)
        }
        for (wire, bits) in zip(shape.normWires, shape.normBits) {
            Self.require(
                .rangeNorm,
                AffineForm(wire) - AffineForm(Scalar(UInt64(challenge.minimumNorm))),
                bits: bits,
                &constraints
            )
        }
    }

    /// `value` is the number that the bits write, lowest first, and they are bits.
    private static func require(
        _ family: ConstraintFamily,
        _ value: AffineForm,
        bits: [GateAllocator.Product],
        _ constraints: inout ConstraintList
    ) {
        var residual = value
        var power = -Scalar.one
        for bit in bits {
            var complement = AffineForm(-Scalar.one)
            complement.add(bit.left)
            complement.add(bit.right)
            constraints.require(.bit, isZero: complement)
            constraints.require(.bit, isZero: AffineForm(bit.output))
            residual.add(bit.left, times: power)
            power += power
        }
        constraints.require(family, isZero: residual)
    }

    func relate(
        _ challenges: LookupChallenges,
        leaves: [LookupVerifier.LeafEvaluation],
        channel: inout some MessageChannel,
        constraints: inout ConstraintList
    ) throws(InteractionError) -> (values: [AffineForm], claims: [RowClaim]) {
        let (alpha, beta) = (challenges.alpha, challenges.beta)
        let column = leaves[0]
        let table = leaves[1]
        // Leaf denominators are *computed* from the public table and from committed columns, so none needs a
        // non-zero check (attacks.md F25).
        constraints.require(
            .lookupTable,
            isZero: table.denominator - AffineForm(alpha - LookupTable.fingerprint(at: table.point, beta: beta))
        )
        let points = OpeningPoints(shape: shape, column: column.point, table: table.point)
        let ids = LookupTable.positionIds(
            rowWeights: points.embeddingRows,
            columnWeights: points.embeddingColumns,
            shape: shape
        )
        let embeddingClaim = AffineForm(alpha - beta * ids) - column.denominator
        let multiplicityClaim = AffineForm() - table.numerator
        let (matchPoint, evaluations) = try relateMatch(&channel, &constraints)
        return (
            [embeddingClaim, multiplicityClaim] + evaluations, points.weights(shape: shape, matchPoint: matchPoint)
        )
    }

    /// The sumcheck that S and N are inner products of the committed vectors.
    private func relateMatch(
        _ channel: inout some MessageChannel,
        _ constraints: inout ConstraintList
    ) throws(InteractionError) -> (point: [Scalar], evaluations: [AffineForm]) {
        let mu = try channel.challenge(.matchBatch)
        let powers = Scalar.powers(of: mu, count: shape.forms.count)
        var claim = AffineForm()
        for (index, pair) in shape.pairWires.enumerated() {
            claim.add(pair.innerProductSquared.left, times: powers[index])
        }
        for (index, wire) in shape.normWires.enumerated() {
            claim.add(wire, times: powers[shape.pairs.count + index])
        }
        var point: [Scalar] = []
        for pads in shape.matchRounds {
            let zero = try channel.receive(.matchRound, pad: pads.zero)
            let two = try channel.receive(.matchRound, pad: pads.two)
            let challenge = try channel.challenge(.matchRoundChallenge)
            point.append(challenge)
            claim = QuadraticRound.nextClaim(claim, zero, two, at: challenge)
        }
        var evaluations: [MaskedScalar] = []
        for pad in shape.evaluationPads {
            evaluations.append(try channel.receive(.matchEvaluation, pad: pad))
        }
        for (power, form) in zip(powers, shape.forms) {
            let product = MaskedScalar.product(
                evaluations[form.first].through(form.evaluations.left),
                evaluations[form.second].through(form.evaluations.right),
                output: form.evaluations.output
            )
            claim.add(product, times: -power)
        }
        constraints.require(.match, isZero: claim)
        return (point, evaluations.map(\.affine))
    }
}
