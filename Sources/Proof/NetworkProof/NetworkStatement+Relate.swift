import Multilinear
import Ristretto255

// The constraints of the layers, the same way for verifier and prover (`docs/protocol.md` section 7.4).
extension NetworkStatement {
    package func relate(
        _ challenges: LookupChallenges,
        leaves: [LookupVerifier.LeafEvaluation],
        channel: inout some MessageChannel,
        constraints: inout ConstraintList
    ) throws(InteractionError) -> (values: [AffineForm], claims: [MatrixClaim]) {
        let points = NetworkPoints(
            column: leaves[0].point,
            remainderTable: leaves[1].point,
            quotientTable: leaves[3].point
        )
        requireTables(challenges, leaves, points, &constraints)
        let layers = layerPoints(column: points.column)
        let startSlot = shape.slot(ofBlock: shape.start)
        let startSelector = NetworkPoints.selector(startSlot.offset, size: startSlot.size, at: points.column)
        let remainder =
            AffineForm(challenges.alpha - challenges.beta * startSelector) - leaves[0].denominator

        let start = try channel.receive(.layerValue, pad: shape.startPad).affine
        let activation = try channel.receive(.layerValue, pad: shape.activationPad).affine
        var positive: AffineForm?
        if let pad = shape.positivePad { positive = try channel.receive(.layerValue, pad: pad).affine }
        let bias = try channel.receive(.layerValue, pad: shape.biasPad).affine

        let quotient = quotient(challenges, leaves[2], layers, activation: activation, positive: positive)
        var claim = remainder - start - bias
        claim.add(quotient, times: Scalar(UInt64(1) << UInt64(shape.description.shift)))
        let (kappa, factors) = try relateLayers(layers, claim, &channel, &constraints)

        var values = [remainder, start, activation]
        if let positive { values.append(positive) }
        values += [AffineForm() - leaves[1].numerator, AffineForm() - leaves[3].numerator, bias]
        values += factors
        return (values, NetworkClaims.weights(shape, points: points, layers: layers, kappa: kappa))
    }

    /// Leaf denominators are *computed* from public tables and committed columns, so none needs a non-zero check
    /// (attacks.md F25).
    private func requireTables(
        _ challenges: LookupChallenges,
        _ leaves: [LookupVerifier.LeafEvaluation],
        _ points: NetworkPoints,
        _ constraints: inout ConstraintList
    ) {
        let (alpha, beta) = (challenges.alpha, challenges.beta)
        let remainders = shape.remainderTable.fingerprint(at: points.remainderTable, beta: beta)
        constraints.require(.lookupTable, isZero: leaves[1].denominator - AffineForm(alpha - remainders))
        let quotients = shape.quotientTable.fingerprint(at: points.quotientTable, beta: beta)
        constraints.require(.lookupTable, isZero: leaves[3].denominator - AffineForm(alpha - quotients))
    }

    /// The quotient is never committed: its lookup's leaf is the layers' claim (attacks.md F23).
    private func quotient(
        _ challenges: LookupChallenges,
        _ leaf: LookupVerifier.LeafEvaluation,
        _ layers: [LayerPoint],
        activation: AffineForm,
        positive: AffineForm?
    ) -> AffineForm {
        let betas = Scalar.powers(of: challenges.beta, count: 4)
        var kinds = Scalar.zero
        for (index, layer) in layers.enumerated() {
            kinds += Scalar(UInt64(shape.layerKinds[index])) * layer.selector
        }
        var quotient = AffineForm(challenges.alpha - betas[2] * kinds) - leaf.denominator
        quotient.add(activation, times: -betas[1])
        if let positive { quotient.add(positive, times: -betas[3]) }
        return quotient
    }

    /// The sumcheck that the accumulators are what the layers make of the committed activations.
    ///
    /// - Returns: its point, and the claims w_t, x_t of all terms.
    private func relateLayers(
        _ layers: [LayerPoint],
        _ initial: AffineForm,
        _ channel: inout some MessageChannel,
        _ constraints: inout ConstraintList
    ) throws(InteractionError) -> (kappa: [Scalar], factors: [AffineForm]) {
        var claim = initial
        var kappa: [Scalar] = []
        for pads in shape.layerRounds {
            let zero = try channel.receive(.layerRound, pad: pads.zero)
            let two = try channel.receive(.layerRound, pad: pads.two)
            var three: MaskedScalar?
            if let pad = pads.three { three = try channel.receive(.layerRound, pad: pad) }
            let challenge = try channel.challenge(.layerRoundChallenge)
            kappa.append(challenge)
            if let three {
                claim = CubicRound.nextClaim(claim, zero, two, three, at: challenge)
            } else {
                claim = QuadraticRound.nextClaim(claim, zero, two, at: challenge)
            }
        }
        var factors: [AffineForm] = []
        for term in shape.terms {
            let weight = try channel.receive(.layerFactor, pad: term.factors.left)
            let source = try channel.receive(.layerFactor, pad: term.factors.right)
            claim.add(
                MaskedScalar.product(weight, source, output: term.factors.output),
                times: -publicFactor(term, layers[term.layer - shape.start], kappa)
            )
            factors += [weight.affine, source.affine]
        }
        constraints.require(.layers, isZero: claim)
        return (kappa, factors)
    }

    /// What a term's product w_t x_t is multiplied by at the end: its layer's selector, the rounds before its own variables,
    /// and, if it is depthwise, eq of output and source channel.
    private func publicFactor(_ term: NetworkShape.TermShape, _ layer: LayerPoint, _ kappa: [Scalar]) -> Scalar {
        var factor = layer.selector
        for challenge in kappa.dropLast(term.variableCount) { factor *= .one - challenge }
        guard term.isDepthwise else { return factor }
        let own = kappa.suffix(term.variableCount).prefix(term.variables.channel)
        for (output, source) in zip(layer.channel, own) {
            let both = output * source
            factor *= .one - output - source + both + both
        }
        return factor
    }
}
