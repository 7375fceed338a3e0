import Bulletproofs
import Commitments
import Models
import Multilinear
import NetworkProof
import Ristretto255
import Sodium
import Statement
import Transcript

/// Makes `match` proofs: enrolment, authentication, re-blinding, refresh (`docs/protocol.md`).
public struct MatchProver: Sendable {
    public typealias Sample = CommittedSample

    public struct Output: Sendable {
        /// The encoded `ProofEnvelope`.
        public let envelope: [UInt8]
        /// The template that an accepting verifier will record; nil for `authenticate`.
        public let newTemplate: TemplateOpening?
    }

    /// The same samples under the previous model, for an upgrade.
    public struct Previous: Sendable {
        public let samples: [Sample]
        /// Needed at `head` and `full`.
        public let model: ProvingModel?

        public init(samples: [Sample], model: ProvingModel?) {
            self.samples = samples
            self.model = model
        }
    }

    public init() {}

    /// Proves that the samples meet the challenge.
    ///
    /// - Parameters:
    ///   - template: the opening of the challenge's commitment; nil exactly for enrolment.
    ///   - model: the challenge's model; needed at `head` and `full`.
    ///   - previous: exactly for an upgrade; its samples' attestations are ignored, as one signature covers both models.
    ///   - progress: called with fractions in 0...1.
    public func prove(
        _ challenge: SignedChallenge,
        samples: [Sample],
        template: TemplateOpening?,
        model: ProvingModel? = nil,
        previous: Previous? = nil,
        progress: (Double) -> Void = { _ in }
    ) throws(ProverError) -> Output {
        let statement = challenge.challenge
        guard (previous != nil) == (statement.role == .upgrade) else { throw .wrongSamples }
        guard template?.commitment == statement.template else { throw .wrongTemplate }
        var inputs = [PartInput(part: statement.parts[0], samples: samples, template: nil, model: model)]
        if let previous {
            let samples = zip(previous.samples, samples).map {
                Sample(opening: $0.opening, attestation: $1.attestation, network: $0.network)
            }
            inputs.append(PartInput(part: .previous, samples: samples, template: template, model: previous.model))
        } else {
            inputs[0].template = template
        }
        for input in inputs { try input.check(statement) }
        progress(0.05)
        var networkProofs: [[NetworkProofBody]] = []
        for (index, input) in inputs.enumerated() {
            networkProofs.append(
                try Self.proveNetworks(challenge, input) {
                    progress(0.85 * (Double(index) + $0) / Double(inputs.count))
                }
            )
        }
        let matchStart = statement.assurance == .match ? 0.1 : 0.85
        let openings = samples.map(\.opening)
        do {
            var randomness = SystemRandom()
            let shift = template.flatMap { template in
                statement.role == .reblind
                    ? HedgedRandomness.reblindingShift(of: template, challenge: challenge, using: &randomness) : nil
            }
            var parts: [EnvelopePart] = []
            for (input, networkProofs) in zip(inputs, networkProofs) {
                let shape = MatchShape(statement.statement(of: input.part))
                let openings = input.samples.map(\.opening)
                let envelope = try Self.proveUnchecked(
                    challenge,
                    part: input.part,
                    partDigest: ProofEnvelope.partDigest(
                        inputs.map { $0.samples.map(\.opening.commitment) }
                    ),
                    shape: shape,
                    rows: openings.map(\.commitment),
                    attestations: samples.map(\.attestation),
                    model: statement.assurance == .match ? nil : input.model?.published,
                    networkProofs: networkProofs,
                    witness: MatchWitness(shape: shape, samples: openings, template: input.template),
                    reblindingShift: shift,
                    progress: { progress(matchStart + (1 - matchStart) * $0) }
                )
                parts += envelope.parts
            }
            let envelope = ProofEnvelope(
                challenge: challenge,
                attestations: samples.map(\.attestation),
                parts: parts
            )
            let newTemplate: TemplateOpening? =
                switch statement.role {
                case .authenticate: nil
                case .enrol, .refresh, .upgrade: try TemplateOpening(summing: openings)
                case .reblind: try shift.flatMap { try template?.reblinded(by: $0) }
                }
            progress(1)
            return Output(envelope: envelope.encode(), newTemplate: newTemplate)
        } catch {
            throw .interrupted
        }
    }

    /// The network proof of each sample; none at `match`.
    private static func proveNetworks(
        _ challenge: SignedChallenge,
        _ input: PartInput,
        progress: (Double) -> Void
    ) throws(ProverError) -> [NetworkProofBody] {
        let statement = challenge.challenge.statement(of: input.part)
        let samples = input.samples
        guard statement.assurance != .match else { return [] }
        guard let model = input.model, model.published.isModel(of: statement) else { throw .wrongModel }
        guard let start = model.published.startBlock(at: statement.assurance) else { throw .unsupportedAssurance }
        let shape = NetworkShape(model.published.description, start: start)
        var proofs: [NetworkProofBody] = []
        for (index, sample) in samples.enumerated() {
            guard let evidence = sample.network, evidence.trace.blocks.last == sample.opening.values,
                evidence.trace.blocks.indices.contains(start), evidence.trace.blocks[start] == evidence.start.values,
                let witness = NetworkWitness(shape, trace: evidence.trace)
            else { throw .wrongModel }
            do {
                proofs.append(
                    try NetworkProver.prove(
                        shape,
                        NetworkContext(challenge, sample: index, sample.attestation, model.published, start: start),
                        input: NetworkProver.Input(
                            start: evidence.start,
                            embeddingBlinder: sample.opening.blinder,
                            embeddingRow: sample.opening.commitment,
                            witness: witness
                        ),
                        parameters: model.parameters
                    ) { progress((Double(index) + $0) / Double(samples.count)) }
                )
            } catch { throw .interrupted }
        }
        return proofs
    }

    /// Runs the prover on a witness whatever it is; tests run it on dishonest ones.
    static func proveUnchecked(
        _ challenge: SignedChallenge,
        part: StatementPart = .whole,
        partDigest: [UInt8] = [],
        shape: MatchShape,
        rows: [CompressedRistretto],
        attestations: [SensorAttestation?],
        model: PublishedModel? = nil,
        networkProofs: [NetworkProofBody] = [],
        witness: MatchWitness,
        reblindingShift: Scalar?,
        experiment: ProverExperiment = ProverExperiment(),
        progress: (Double) -> Void = { _ in }
    ) throws -> ProofEnvelope {
        let statement = challenge.challenge.statement(of: part)
        let generators = RowGenerators.forWidth(shape.columnCount)
        let newTemplate = experiment.modifyNewTemplate(
            reblindingShift.flatMap { shift in
                statement.template?.decompress().map { ($0 + generators.blind(shift)).compress() }
            }
        )
        var transcript = MatchTranscript.open(
            challenge: challenge,
            attestations: attestations,
            newTemplate: newTemplate,
            networkDigests: networkProofs.map { Hash.sha256($0.encode()) },
            part: part,
            partDigest: partDigest,
            modifying: experiment.modifyTranscript
        )
        var system = experiment.system
        var randomness = hedgedRandomness(transcript, witness: witness, using: &system)

        let multiplicityRows = witness.multiplicityRows(shape: shape)
        let multiplicityBlinders = multiplicityRows.map { _ in Scalar.random(using: &randomness) }
        let multiplicityCommitments = zip(multiplicityRows, multiplicityBlinders).map {
            generators.commit($0, blinder: $1).compress()
        }
        MatchTranscript.absorb(
            embeddings: rows,
            template: statement.template,
            multiplicities: multiplicityCommitments,
            into: &transcript
        )
        progress(0.2)

        var wires = witness.assignWires(shape: shape, challenge: statement, randomness: &randomness)
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
        progress(0.4)

        var channel = ProverChannel(transcript: transcript, wires: wires)
        var matrix = CommittedMatrix(
            rows: witness.vectors + multiplicityRows,
            blinders: witness.blinders + multiplicityBlinders
        )
        experiment.modifyMatrix(&matrix)
        let opening = try interact(
            shape: shape,
            witness: witness,
            matrix: matrix,
            wires: wires,
            generators: generators,
            channel: &channel,
            randomness: &randomness,
            experiment: experiment
        )
        let reblinding = try reblindingShift.map { shift in
            let nonce = Scalar.random(using: &randomness)
            let commitment = experiment.modifyReblinding(generators.blind(nonce).compress())
            channel.transcript.append(.reblindCommitment, point: commitment)
            let response = nonce + (try channel.transcript.challenge(.reblindChallenge)) * shift
            channel.transcript.append(.reblindResponse, scalar: response)
            return ProofBody.Reblinding(commitment: commitment, response: response)
        }
        progress(0.6)

        try experiment.modifyMessages(&channel, opening, wires)
        var replay = channel.replay()
        var constraints = experiment.constraints
        _ = try MatchConstraints.build(
            shape: shape,
            challenge: statement,
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
        return ProofEnvelope(
            challenge: challenge,
            attestations: attestations,
            parts: [
                EnvelopePart(
                    part: part,
                    model: model,
                    networkProofs: networkProofs,
                    body: ProofBody(
                        embeddingRows: rows,
                        multiplicityRows: multiplicityCommitments,
                        newTemplate: newTemplate,
                        closingCommitments: closingCommitments,
                        maskedScalars: channel.sent,
                        opening: opening,
                        reblinding: reblinding,
                        closing: closingProof
                    )
                )
            ]
        )
    }

    /// Messages 1 to 7.
    private static func interact(
        shape: MatchShape,
        witness: MatchWitness,
        matrix: CommittedMatrix,
        wires: WireAssignment,
        generators: RowGenerators,
        channel: inout ProverChannel,
        randomness: inout some RandomNumberGenerator,
        experiment: ProverExperiment
    ) throws(InteractionError) -> OpeningProof {
        let alpha = try channel.challenge(.alpha)
        let beta = try channel.challenge(.beta)
        var trees = [
            columnTree(shape, witness, alpha: alpha, beta: beta),
            tableTree(witness, alpha: alpha, beta: beta),
        ]
        experiment.modifyTrees(&trees, alpha: alpha, beta: beta)
        let points = try LookupProver.prove(shape.lookup, trees: trees, channel: &channel)
        let matchPoint = try proveMatch(shape, witness, channel: &channel)
        let weights = OpeningPoints(shape: shape, column: points[0], table: points[1])
            .weights(shape: shape, matchPoint: matchPoint)
        return try OpeningProver.prove(
            shape.opening,
            matrix: matrix,
            claims: weights,
            wires: wires,
            generators: generators,
            channel: &channel,
            randomness: &randomness
        )
    }

    private static func columnTree(
        _ shape: MatchShape,
        _ witness: MatchWitness,
        alpha: Scalar,
        beta: Scalar
    ) -> FractionTree {
        var denominators: [Scalar] = []
        for row in 0..<(1 << ceilLog2(shape.samples)) {
            for column in 0..<shape.columnCount {
                let value = row < shape.samples ? witness.vectors[row][column] : .zero
                let id = LookupTable.isUsed(row: row, column: column, shape: shape) ? beta : .zero
                denominators.append(alpha - value - id)
            }
        }
        return FractionTree(
            leafNumerators: Array(repeating: .one, count: denominators.count),
            leafDenominators: denominators
        )
    }

    private static func tableTree(_ witness: MatchWitness, alpha: Scalar, beta: Scalar) -> FractionTree {
        FractionTree(
            leafNumerators: witness.multiplicities.map { -$0 },
            leafDenominators: zip(LookupTable.values, LookupTable.ids).map { alpha - $0 - beta * $1 }
        )
    }

    /// Message 6: the sumcheck behind the inner products.
    private static func proveMatch(
        _ shape: MatchShape,
        _ witness: MatchWitness,
        channel: inout ProverChannel
    ) throws(InteractionError) -> [Scalar] {
        let mu = try channel.challenge(.matchBatch)
        let powers = Scalar.powers(of: mu, count: shape.forms.count)
        var vectors = witness.vectors
        var point: [Scalar] = []
        for pads in shape.matchRounds {
            let half = vectors[0].count / 2
            var zero = Scalar.zero
            var two = Scalar.zero
            let extended = vectors.map { vector in
                (0..<half).map { vector[half + $0] + vector[half + $0] - vector[$0] }
            }
            for (power, form) in zip(powers, shape.forms) {
                zero +=
                    power
                    * Scalar.innerProduct(Array(vectors[form.first][..<half]), Array(vectors[form.second][..<half]))
                two += power * Scalar.innerProduct(extended[form.first], extended[form.second])
            }
            channel.send(.matchRound, zero, pad: pads.zero)
            channel.send(.matchRound, two, pad: pads.two)
            let challenge = try channel.challenge(.matchRoundChallenge)
            point.append(challenge)
            for index in vectors.indices {
                MultilinearExtension.bindFirst(&vectors[index], to: challenge)
            }
        }
        for (vector, pad) in zip(vectors, shape.evaluationPads) {
            channel.send(.matchEvaluation, vector[0], pad: pad)
        }
        return point
    }

    /// The prover's only randomness after the samples were committed: bound to the statement, all secrets and fresh
    /// system randomness, so that neither a frozen generator nor a repeated state reuses a pad (attacks.md F15).
    private static func hedgedRandomness(
        _ transcript: ProofTranscript,
        witness: MatchWitness,
        using system: inout some RandomNumberGenerator
    ) -> TranscriptRandom {
        var secret: [UInt8] = []
        secret.reserveCapacity(32 * (witness.vectors.count * 512 + witness.blinders.count))
        for scalar in witness.vectors.joined() { secret.append(contentsOf: scalar.bytes) }
        for scalar in witness.blinders { secret.append(contentsOf: scalar.bytes) }
        defer { SecretBytes.zero(&secret) }
        var builder = transcript.merlin.randomnessBuilder()
        secret.withUnsafeBytes { builder.rekey("witness", rawBytes: $0) }
        return builder.finalize(using: &system)
    }
}
