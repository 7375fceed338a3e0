import Bulletproofs
import Commitments
import Models
import Multilinear
import Ristretto255
import Sodium
import Transcript

/// Makes network proofs: the embedding in row E_i is the network's output on the committed start block
/// (`docs/protocol.md` section 7).
package enum NetworkProver {
    /// What a proof is made from.
    package struct Input: Sendable {
        package var start: StartOpening
        package var embeddingBlinder: Scalar
        package var embeddingRow: CompressedRistretto
        package var witness: NetworkWitness

        package init(
            start: StartOpening,
            embeddingBlinder: Scalar,
            embeddingRow: CompressedRistretto,
            witness: NetworkWitness
        ) {
            self.start = start
            self.embeddingBlinder = embeddingBlinder
            self.embeddingRow = embeddingRow
            self.witness = witness
        }
    }

    package static func prove(
        _ shape: NetworkShape,
        _ context: NetworkContext,
        input: Input,
        parameters: ParameterRows,
        experiment: NetworkExperiment = NetworkExperiment(),
        progress: (Double) -> Void = { _ in }
    ) throws -> NetworkProofBody {
        let witness = input.witness
        let generators = RowGenerators.forWidth(shape.columnCount)
        var transcript = NetworkTranscript.open(context, modifying: experiment.modifyTranscript)
        var system = experiment.system
        var randomness = hedgedRandomness(transcript, input: input, using: &system)

        var entries = witness.entries(shape)
        let fixed = shape.startRows.count + 1
        let blinders = (0..<shape.sentRowCount + 1 - fixed).map { _ in randomness.scalar() }
        let witnessRows = commit(
            entries[(fixed * shape.columnCount)...],
            blinders: blinders,
            generators: generators
        )
        NetworkTranscript.absorb(
            rows: input.start.commitments + [input.embeddingRow] + witnessRows,
            into: &transcript
        )
        progress(0.2)

        var wires = WireAssignment(gateCount: shape.gateCount)
        for gate in 0..<shape.gateCount {
            wires[.left(gate)] = randomness.scalar()
            wires[.right(gate)] = randomness.scalar()
        }
        for (original, copy) in shape.copies { wires[copy] = wires[original] }
        wires.multiplyGates()
        experiment.modifyWires(&wires)
        let closing = try ClosingProver.commit(
            left: wires.left,
            right: wires.right,
            output: wires.output,
            generators: ClosingGenerators.forGates(shape.gateCount),
            pedersen: .standard,
            transcript: &transcript.merlin,
            randomness: &randomness
        )
        progress(0.25)

        entries.append(contentsOf: parameters.values)
        var matrix = SmallMatrix(
            columnCount: shape.columnCount,
            entries: entries,
            blinders: input.start.blinders + [input.embeddingBlinder] + blinders + parameters.blinders
        )
        experiment.modifyMatrix(&matrix)
        entries = []
        var channel = ProverChannel(transcript: transcript, wires: experiment.masks(wires))
        let opening = try interact(
            shape,
            witness: witness,
            matrix: matrix,
            parameters: parameters.values,
            wires: wires,
            generators: generators,
            channel: &channel,
            randomness: &randomness,
            experiment: experiment,
            progress: progress
        )
        try experiment.modifyMessages(&channel, opening, wires)
        var replay = channel.replay()
        var constraints = experiment.constraints
        _ = try NetworkConstraints.build(
            shape,
            opening: opening,
            channel: &replay,
            constraints: &constraints
        )
        experiment.inspect(constraints, wires)
        let closingCommitments = closing.commitments
        let closingProof = try closing.finish(
            constraints: constraints.sparse,
            transcript: &channel.transcript.merlin
        )
        progress(1)
        return NetworkProofBody(
            startRows: input.start.commitments,
            witnessRows: witnessRows,
            closingCommitments: closingCommitments,
            maskedScalars: channel.sent,
            opening: opening,
            closing: closingProof
        )
    }

    /// Lookup, layers, opening.
    private static func interact(
        _ shape: NetworkShape,
        witness: NetworkWitness,
        matrix: SmallMatrix,
        parameters: [Int32],
        wires: WireAssignment,
        generators: RowGenerators,
        channel: inout ProverChannel,
        randomness: inout TranscriptRandom,
        experiment: NetworkExperiment,
        progress: (Double) -> Void
    ) throws(InteractionError) -> OpeningProof {
        let alpha = try channel.challenge(.alpha)
        let beta = try channel.challenge(.beta)
        let points = try proveLookups(
            shape,
            witness,
            alpha: alpha,
            beta: beta,
            channel: &channel,
            experiment: experiment
        )
        progress(0.6)

        let layers = (shape.start..<shape.description.layers.count).map {
            LayerPoint(shape, layer: $0, column: points.column)
        }
        let kappa = try proveLayers(
            shape,
            witness,
            points: points,
            layers: layers,
            matrix: matrix,
            parameters: parameters,
            channel: &channel
        )
        progress(0.7)
        return try MatrixOpeningProver.prove(
            shape.opening,
            matrix: matrix,
            claims: NetworkClaims.weights(shape, points: points, layers: layers, kappa: kappa),
            wires: wires,
            generators: generators,
            channel: &channel,
            randomness: &randomness
        )
    }

    private static func proveLookups(
        _ shape: NetworkShape,
        _ witness: NetworkWitness,
        alpha: Scalar,
        beta: Scalar,
        channel: inout ProverChannel,
        experiment: NetworkExperiment
    ) throws(InteractionError) -> NetworkPoints {
        let remainders = shape.remainderTable.denominators(alpha: alpha, beta: beta)
        let quotients = shape.quotientTable.denominators(alpha: alpha, beta: beta)
        func table(_ multiplicities: [Int32], _ denominators: [Scalar]) -> FractionTree {
            FractionTree(
                leafNumerators: multiplicities.map { Scalar(signed: -Int($0)) },
                leafDenominators: denominators
            )
        }
        var trees: [any FractionLevels] = [
            IndexedFractionTree(
                height: shape.height,
                indices: witness.remainderIndices,
                tailIndex: witness.remainderTail,
                table: remainders
            ),
            table(witness.remainderMultiplicities, remainders),
            IndexedFractionTree(
                height: shape.height,
                indices: witness.quotientIndices,
                tailIndex: witness.quotientTail,
                table: quotients
            ),
            table(witness.quotientMultiplicities, quotients),
        ]
        experiment.modifyTrees(&trees, alpha: alpha, beta: beta)
        let points = try LookupProver.prove(shape.lookup, trees: trees, channel: &channel)
        return NetworkPoints(column: points[0], remainderTable: points[1], quotientTable: points[3])
    }

    /// The sumcheck over all layers; returns its point.
    private static func proveLayers(
        _ shape: NetworkShape,
        _ witness: NetworkWitness,
        points: NetworkPoints,
        layers: [LayerPoint],
        matrix: SmallMatrix,
        parameters: [Int32],
        channel: inout ProverChannel
    ) throws(InteractionError) -> [Scalar] {
        func evaluate(_ column: [Int32], _ range: Range<Int>) -> Scalar {
            ColumnEvaluation.evaluate(column, range: range, at: points.column)
        }
        let startSlot = shape.slot(ofBlock: shape.start)
        channel.send(
            .layerValue,
            evaluate(witness.remainders, startSlot.offset..<startSlot.offset + startSlot.size),
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
            for (channel, weight) in layer.channels.enumerated() {
                sum.add(weight, times: parameters[piece.offset + channel])
            }
            bias += layer.selector * layer.real * sum.reduced()
        }
        channel.send(.layerValue, bias, pad: shape.biasPad)

        var tables = [LayerTables](unsafeUninitializedCapacity: shape.terms.count) { buffer, count in
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

    /// Commitments of whole rows under the blinders. Variable time in the values of the witness rows
    /// (`docs/limitations.md`).
    private static func commit(
        _ entries: ArraySlice<Int32>,
        blinders: [Scalar],
        generators: RowGenerators
    ) -> [CompressedRistretto] {
        let m = generators.columns.count
        let points = generators.precomputed
        let rows = [RistrettoPoint](unsafeUninitializedCapacity: blinders.count) { buffer, count in
            entries.withUnsafeBufferPointer { entries in
                // Sound: each iteration initialises its own element.
                nonisolated(unsafe) let (output, values) = (buffer, entries)
                Parallel.forEach(blinders.count, parallel: true) { row in
                    let value = RistrettoPoint.multiscalarMultiply(
                        small: UnsafeBufferPointer(rebasing: values[row * m..<(row + 1) * m]),
                        points
                    )
                    output.initializeElement(at: row, to: value + generators.blind(blinders[row]))
                }
            }
            count = blinders.count
        }
        return RistrettoPoint.compressBatch(rows)
    }

    /// The prover's only randomness after the start was committed: bound to the statement, to the start block, from
    /// which all else follows, and to fresh system randomness (attacks.md F15).
    private static func hedgedRandomness(
        _ transcript: ProofTranscript,
        input: Input,
        using system: inout some RandomNumberGenerator
    ) -> TranscriptRandom {
        var builder = transcript.merlin.randomnessBuilder()
        input.start.values.withUnsafeBytes { builder.rekey("start", rawBytes: $0) }
        var secret = (input.start.blinders + [input.embeddingBlinder]).flatMap(\.bytes)
        defer { SecretBytes.zero(&secret) }
        secret.withUnsafeBytes { builder.rekey("blinders", rawBytes: $0) }
        return builder.finalize(using: &system)
    }
}
