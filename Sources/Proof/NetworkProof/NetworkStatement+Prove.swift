import Multilinear
import Ristretto255

// The prover's side of the layers.
extension NetworkStatement {
    package func prove(
        _ input: NetworkProver.Input,
        _ challenges: LookupChallenges,
        points: [[Scalar]],
        channel: inout ProverChannel
    ) throws(InteractionError) -> [MatrixClaim] {
        let points = NetworkPoints(column: points[0], remainderTable: points[1], quotientTable: points[3])
        let layers = layerPoints(column: points.column)
        sendValues(input.witness, layers, points, parameters: input.parameters.values, &channel)
        let kappa = try proveLayers(input.witness, layers, parameters: input.parameters.values, &channel)
        return NetworkClaims.weights(shape, points: points, layers: layers, kappa: kappa)
    }

    /// v_start, v_z, v_p and the bias at the columns' point.
    private func sendValues(
        _ witness: NetworkWitness,
        _ layers: [LayerPoint],
        _ points: NetworkPoints,
        parameters: [Int32],
        _ channel: inout ProverChannel
    ) {
        func evaluate(_ column: [Int32], _ range: Range<Int>) -> Scalar {
            ColumnEvaluation.evaluate(column, range: range, at: points.column)
        }
        let slot = shape.slot(ofBlock: shape.start)
        channel.send(
            .layerValue,
            evaluate(witness.remainders, slot.offset..<slot.offset + slot.size),
            pad: shape.startPad
        )
        channel.send(
            .layerValue,
            evaluate(witness.activations, witness.activations.indices),
            pad: shape.activationPad
        )
        if let pad = shape.positivePad {
            channel.send(.layerValue, evaluate(witness.positives, witness.positives.indices), pad: pad)
        }
        var bias = Scalar.zero
        for (index, layer) in layers.enumerated() {
            let piece = shape.parameters.bias(layer: shape.start + index)
            var sum = SmallProductAccumulator()
            for (output, weight) in layer.channels.enumerated() {
                sum.add(weight, times: parameters[piece.offset + output])
            }
            bias += layer.selector * layer.real * sum.reduced()
        }
        channel.send(.layerValue, bias, pad: shape.biasPad)
    }

    /// The sumcheck over all layers; returns its point.
    private func proveLayers(
        _ witness: NetworkWitness,
        _ layers: [LayerPoint],
        parameters: [Int32],
        _ channel: inout ProverChannel
    ) throws(InteractionError) -> [Scalar] {
        var tables = layerTables(witness, layers, parameters: parameters)
        var kappa: [Scalar] = []
        for pads in shape.layerRounds {
            var sums = (zero: Scalar.zero, two: Scalar.zero, three: Scalar.zero)
            for table in tables {
                let own = table.roundSums()
                sums.zero += own.zero
                sums.two += own.two
                sums.three += own.three
            }
            channel.send(.layerRound, sums.zero, pad: pads.zero)
            channel.send(.layerRound, sums.two, pad: pads.two)
            if let three = pads.three { channel.send(.layerRound, sums.three, pad: three) }
            let challenge = try channel.challenge(.layerRoundChallenge)
            kappa.append(challenge)
            for index in tables.indices { tables[index].bind(to: challenge) }
        }
        for (table, term) in zip(tables, shape.terms) {
            let values = table.values
            channel.send(.layerFactor, values.weight, pad: term.factors.left)
            channel.send(.layerFactor, values.source, pad: term.factors.right)
        }
        return kappa
    }

    private func layerTables(
        _ witness: NetworkWitness,
        _ layers: [LayerPoint],
        parameters: [Int32]
    ) -> [LayerTables] {
        [LayerTables](unsafeUninitializedCapacity: shape.terms.count) { buffer, count in
            // Sound: each iteration initialises its own element.
            nonisolated(unsafe) let output = buffer
            Parallel.forEach(shape.terms.count, parallel: true) { index in
                let term = shape.terms[index]
                output.initializeElement(
                    at: index,
                    to: LayerTables(
                        shape,
                        term,
                        layer: layers[term.layer - shape.start],
                        parameters: parameters,
                        blocks: witness.blocks
                    )
                )
            }
            count = shape.terms.count
        }
    }
}
