import Multilinear
import Ristretto255

/// Builds every constraint of a network proof from the masked messages and the challenges, the same way for verifier and
/// prover (`docs/protocol.md` section 7.4).
enum NetworkConstraints {
    static func build(
        _ shape: NetworkShape,
        opening: OpeningProof,
        channel: inout some Channel,
        constraints: inout ConstraintList
    ) throws(InteractionError) -> OpeningVerifier.Transcription {
        for (original, copy) in shape.copies {
            constraints.require(.padCopy, isZero: Affine(original) - Affine(copy))
        }
        let alpha = try channel.challenge(.alpha)
        let beta = try channel.challenge(.beta)
        let leaves = try LookupVerifier.run(shape.lookup, channel: &channel, constraints: &constraints)
        let points = NetworkPoints(
            column: leaves[0].point,
            remainderTable: leaves[1].point,
            quotientTable: leaves[3].point
        )
        // Leaf denominators are *computed* from public tables and committed columns, so none needs a non-zero check
        // (attacks.md F25).
        constraints.require(
            .lookupTable,
            isZero: leaves[1].denominator
                - Affine(alpha - shape.remainderTable.fingerprint(at: points.remainderTable, beta: beta))
        )
        constraints.require(
            .lookupTable,
            isZero: leaves[3].denominator
                - Affine(alpha - shape.quotientTable.fingerprint(at: points.quotientTable, beta: beta))
        )
        let layers = (shape.start..<shape.description.layers.count).map {
            LayerPoint(shape, layer: $0, column: points.column)
        }
        let startSlot = shape.slot(ofBlock: shape.start)
        let startSelector = NetworkPoints.selector(startSlot.offset, size: startSlot.size, at: points.column)
        let remainder = Affine(alpha - beta * startSelector) - leaves[0].denominator

        let start = try channel.receive(.layerValue, pad: shape.startPad).affine
        let activation = try channel.receive(.layerValue, pad: shape.activationPad).affine
        var positive: Affine?
        if let pad = shape.positivePad { positive = try channel.receive(.layerValue, pad: pad).affine }
        let bias = try channel.receive(.layerValue, pad: shape.biasPad).affine

        // The quotient is never committed: its lookup's leaf is the layers' claim (attacks.md F23).
        let betas = Scalar.powers(of: beta, count: 4)
        var kinds = Scalar.zero
        for (index, layer) in layers.enumerated() {
            kinds += Scalar(UInt64(shape.layerKinds[index])) * layer.selector
        }
        var quotient = Affine(alpha - betas[2] * kinds) - leaves[2].denominator
        quotient.add(activation, times: -betas[1])
        if let positive { quotient.add(positive, times: -betas[3]) }

        var claim = remainder - start - bias
        claim.add(quotient, times: Scalar(UInt64(1) << UInt64(shape.description.shift)))
        let (kappa, factors) = try runLayers(shape, layers, claim, &channel, &constraints)

        var values = [remainder, start, activation]
        if let positive { values.append(positive) }
        values += [Affine() - leaves[1].numerator, Affine() - leaves[3].numerator, bias]
        values += factors
        return try OpeningVerifier.run(
            shape.opening,
            values: values,
            claims: NetworkClaims.weights(shape, points: points, layers: layers, kappa: kappa),
            proof: opening,
            channel: &channel,
            constraints: &constraints
        )
    }

    /// The sumcheck that the accumulators are what the layers make of the committed activations.
    ///
    /// - Returns: its point, and the claims w_t, x_t of all terms.
    private static func runLayers(
        _ shape: NetworkShape,
        _ layers: [LayerPoint],
        _ initial: Affine,
        _ channel: inout some Channel,
        _ constraints: inout ConstraintList
    ) throws(InteractionError) -> (kappa: [Scalar], factors: [Affine]) {
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
        var factors: [Affine] = []
        for term in shape.terms {
            let weight = try channel.receive(.layerFactor, pad: term.factors.left)
            let source = try channel.receive(.layerFactor, pad: term.factors.right)
            let layer = layers[term.layer - shape.start]
            var factor = layer.selector
            for challenge in kappa.dropLast(term.variableCount) { factor *= .one - challenge }
            if term.isDepthwise {
                let own = kappa.suffix(term.variableCount).prefix(term.variables.channel)
                for (output, source) in zip(layer.channel, own) {
                    let both = output * source
                    factor *= .one - output - source + both + both
                }
            }
            claim.add(
                MaskedScalar.product(weight, source, output: term.factors.output),
                times: -factor
            )
            factors += [weight.affine, source.affine]
        }
        constraints.require(.layers, isZero: claim)
        return (kappa, factors)
    }
}
