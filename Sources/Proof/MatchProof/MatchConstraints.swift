import Multilinear
import Ristretto255
import Statement

/// Builds every constraint of a `match` proof from the masked messages and the challenges, the same way for verifier
/// and prover (`docs/protocol.md` section 5).
enum MatchConstraints {
    static func build(
        shape: MatchShape,
        challenge: Challenge,
        opening: OpeningProof,
        channel: inout some Channel,
        constraints: inout ConstraintList
    ) throws(InteractionError) -> OpeningVerifier.Transcription {
        requireCopiesAndRanges(shape, challenge, &constraints)

        let alpha = try channel.challenge(.alpha)
        let beta = try channel.challenge(.beta)
        let leaves = try LookupVerifier.run(shape.lookup, channel: &channel, constraints: &constraints)
        let column = leaves[0]
        let table = leaves[1]
        // Leaf denominators are *computed* from the public table and from committed columns, so none needs a
        // non-zero check (attacks.md F25).
        constraints.require(
            .lookupTable,
            isZero: table.denominator - Affine(alpha - LookupTable.fingerprint(at: table.point, beta: beta))
        )
        let points = OpeningPoints(shape: shape, column: column.point, table: table.point)
        let ids = LookupTable.positionIds(
            rowWeights: points.embeddingRows,
            columnWeights: points.embeddingColumns,
            shape: shape
        )
        let embeddingClaim = Affine(alpha - beta * ids) - column.denominator
        let multiplicityClaim = Affine() - table.numerator

        let (matchPoint, evaluations) = try runMatch(shape, &channel, &constraints)

        let weights = points.weights(shape: shape, matchPoint: matchPoint)
        let values = [embeddingClaim, multiplicityClaim] + evaluations
        return try OpeningVerifier.run(
            shape.opening,
            claims: zip(values, weights).map { OpeningClaim(value: $0, terms: $1) },
            proof: opening,
            channel: &channel,
            constraints: &constraints
        )
    }

    /// Copies of pads, bits, and the three kinds of range statements.
    private static func requireCopiesAndRanges(
        _ shape: MatchShape,
        _ challenge: Challenge,
        _ constraints: inout ConstraintList
    ) {
        for (original, copy) in shape.copies {
            constraints.require(.padCopy, isZero: Affine(original) - Affine(copy))
        }
        func require(_ family: ConstraintFamily, _ value: Affine, bits: [GateAllocator.Product]) {
            var residual = value
            var power = -Scalar.one
            for bit in bits {
                var complement = Affine(-Scalar.one)
                complement.add(bit.left)
                complement.add(bit.right)
                constraints.require(.bit, isZero: complement)
                constraints.require(.bit, isZero: Affine(bit.output))
                residual.add(bit.left, times: power)
                power += power
            }
            constraints.require(family, isZero: residual)
        }
        for pair in shape.pairWires {
            require(
                .rangeInnerProduct,
                Affine(pair.innerProductSquared.left) - Affine(.one),
                bits: pair.innerProductBits
            )
            var margin = Affine()
            margin.add(pair.innerProductSquared.output, times: Scalar(1 << 16))
            margin.add(pair.normProduct.output, times: -Scalar(UInt64(challenge.threshold)))
            require(.rangeThreshold, margin, bits: pair.thresholdBits)
        }
        for (wire, bits) in zip(shape.normWires, shape.normBits) {
            require(.rangeNorm, Affine(wire) - Affine(Scalar(UInt64(challenge.minimumNorm))), bits: bits)
        }
    }

    /// The sumcheck that S and N are inner products of the committed vectors.
    private static func runMatch(
        _ shape: MatchShape,
        _ channel: inout some Channel,
        _ constraints: inout ConstraintList
    ) throws(InteractionError) -> (point: [Scalar], evaluations: [Affine]) {
        let mu = try channel.challenge(.matchBatch)
        let powers = Scalar.powers(of: mu, count: shape.forms.count)
        var claim = Affine()
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
