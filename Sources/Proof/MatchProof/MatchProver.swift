import Commitments
import Models
import Multilinear
import NetworkProof
import Ristretto255
import Sodium
import Statement

/// Makes the proofs that answer challenges, of every role and assurance: match proofs, and at `head` and `full` the network
/// proofs that go with them (`docs/protocol.md`).
public struct MatchProver: Sendable {
    /// A proof, and what its maker keeps.
    public struct Output: Sendable {
        /// The encoded `ProofEnvelope`.
        public let envelope: [UInt8]
        /// The template that an accepting verifier will record; nil for `authenticate`.
        public let newTemplate: TemplateOpening?
    }

    /// The same samples under the previous model, for an upgrade.
    public struct Previous: Sendable {
        /// In the order of the new model's.
        public let samples: [CommittedSample]
        /// Needed at `head` and `full`.
        public let model: ProvingModel?

        public init(samples: [CommittedSample], model: ProvingModel?) {
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
        samples: [CommittedSample],
        template: TemplateOpening?,
        model: ProvingModel? = nil,
        previous: Previous? = nil,
        progress: (Double) -> Void = { _ in }
    ) throws(ProverError) -> Output {
        let statement = challenge.challenge
        let inputs = try Self.inputs(statement, samples, template: template, model: model, previous: previous)
        for input in inputs { try input.check(statement) }
        progress(0.05)
        let networkProofs = try Self.proveNetworks(challenge, inputs, progress: progress)
        let matchStart = statement.assurance == .match ? 0.1 : 0.85
        let shift = Self.reblindingShift(challenge, template)
        let partDigest = ProofEnvelope.partDigest(inputs.map { $0.samples.map(\.opening.commitment) })
        var parts: [EnvelopePart] = []
        for (input, proofs) in zip(inputs, networkProofs) {
            parts.append(
                try Self.provePart(challenge, input, networkProofs: proofs, partDigest: partDigest, shift: shift) {
                    progress(matchStart + (1 - matchStart) * $0)
                }
            )
        }
        let newTemplate = try Self.newTemplate(statement.role, samples, template: template, shift: shift)
        let envelope = ProofEnvelope(
            challenge: challenge,
            attestations: samples.map(\.attestation),
            parts: parts
        )
        progress(1)
        return Output(envelope: envelope.encode(), newTemplate: newTemplate)
    }

    /// What each part of the envelope is made from: one, or the two of an upgrade.
    private static func inputs(
        _ statement: Challenge,
        _ samples: [CommittedSample],
        template: TemplateOpening?,
        model: ProvingModel?,
        previous: Previous?
    ) throws(ProverError) -> [PartInput] {
        guard (previous != nil) == (statement.role == .upgrade) else { throw .wrongSamples }
        guard template?.commitment == statement.template else { throw .wrongTemplate }
        let first = statement.parts[0]
        guard let previous else {
            return [PartInput(part: first, samples: samples, template: template, model: model)]
        }
        let earlier = zip(previous.samples, samples).map {
            CommittedSample(opening: $0.opening, attestation: $1.attestation, network: $0.network)
        }
        return [
            PartInput(part: first, samples: samples, template: nil, model: model),
            PartInput(part: .previous, samples: earlier, template: template, model: previous.model),
        ]
    }

    private static func reblindingShift(_ challenge: SignedChallenge, _ template: TemplateOpening?) -> Scalar? {
        guard challenge.challenge.role == .reblind, let template else { return nil }
        var system = SystemRandom()
        return HedgedRandomness.reblindingShift(of: template, challenge: challenge, using: &system)
    }

    /// The template that an accepting verifier will record.
    private static func newTemplate(
        _ role: Role,
        _ samples: [CommittedSample],
        template: TemplateOpening?,
        shift: Scalar?
    ) throws(ProverError) -> TemplateOpening? {
        do {
            return switch role {
            case .authenticate: nil
            case .enrol, .refresh, .upgrade: try TemplateOpening(summing: samples.map(\.opening))
            case .reblind: try shift.flatMap { shift throws(WireError) in try template?.reblinded(by: shift) }
            }
        } catch { throw .internalFault("\(error)") }
    }
}

// MARK: - Network proofs

extension MatchProver {
    /// The network proofs of each part.
    private static func proveNetworks(
        _ challenge: SignedChallenge,
        _ inputs: [PartInput],
        progress: (Double) -> Void
    ) throws(ProverError) -> [[NetworkProofBody]] {
        var proofs: [[NetworkProofBody]] = []
        for (index, input) in inputs.enumerated() {
            proofs.append(
                try proveNetworks(challenge, input) {
                    progress(0.85 * (Double(index) + $0) / Double(inputs.count))
                }
            )
        }
        return proofs
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
            let context = NetworkContext(
                challenge,
                sample: index,
                sample.attestation,
                model.published,
                start: start
            )
            guard let input = NetworkProver.Input(sample, shape, model.parameters) else { throw .wrongModel }
            var system = SystemRandom()
            do {
                proofs.append(
                    try NetworkProver.prove(NetworkStatement(shape, context), input, using: &system) {
                        progress((Double(index) + $0.fraction) / Double(samples.count))
                    }
                )
            } catch { throw ProverError(error) }
        }
        return proofs
    }
}

extension NetworkProver.Input {
    /// - Returns: nil where the sample has no run of the network that yields its embedding from its start block.
    package init?(_ sample: CommittedSample, _ shape: NetworkShape, _ parameters: ParameterRows) {
        guard let evidence = sample.network, evidence.trace.blocks.last == sample.opening.values,
            evidence.trace.blocks.indices.contains(shape.start),
            evidence.trace.blocks[shape.start] == evidence.start.values,
            let witness = NetworkWitness(shape, trace: evidence.trace)
        else { return nil }
        self.init(
            startRows: evidence.start.commitments,
            startBlinders: evidence.start.blinders,
            embeddingRow: sample.opening.commitment,
            embeddingBlinder: sample.opening.blinder,
            witness: witness,
            parameters: parameters
        )
    }
}

// MARK: - Match proofs

extension MatchProver {
    private static func provePart(
        _ challenge: SignedChallenge,
        _ input: PartInput,
        networkProofs: [NetworkProofBody],
        partDigest: [UInt8],
        shift: Scalar?,
        progress: (Double) -> Void
    ) throws(ProverError) -> EnvelopePart {
        let openings = input.samples.map(\.opening)
        var statement = MatchStatement(
            challenge,
            part: input.part,
            attestations: input.samples.map(\.attestation),
            partDigest: partDigest,
            networkDigests: networkProofs.map { Hash.sha256($0.encode()) }
        )
        statement.newTemplate = shift.flatMap { statement.reblinded(by: $0) }
        let witness = MatchWitness(shape: statement.shape, samples: openings, template: input.template)
        var system = SystemRandom()
        do {
            return EnvelopePart(
                part: input.part,
                model: statement.challenge.assurance == .match ? nil : input.model?.published,
                networkProofs: networkProofs,
                body: try prove(
                    statement,
                    rows: openings.map(\.commitment),
                    witness: witness,
                    reblindingShift: shift,
                    using: &system,
                    progress: progress
                )
            )
        } catch { throw ProverError(error) }
    }

    /// Proves whatever the witness is; a false one makes a proof that is refused.
    ///
    /// - Parameters:
    ///   - rows: one per sample.
    ///   - reblindingShift: the difference of the new template's blinder and the old one's.
    ///   - system: the operating system's generator.
    private static func prove(
        _ statement: MatchStatement,
        rows: [CompressedRistretto],
        witness: MatchWitness,
        reblindingShift: Scalar?,
        using system: inout some RandomNumberGenerator,
        progress: (Double) -> Void
    ) throws(ArgumentError) -> ProofBody {
        let shape = statement.shape
        let transcript = statement.transcript()
        var randomness = witness.hedgedRandomness(transcript, using: &system)
        let own = MatchRows(witness, shape: shape, randomness: &randomness)
        progress(0.2)
        let committed = try CommittedArgument(
            statement,
            transcript: transcript,
            rows: statement.rows(embeddings: rows, multiplicities: own.multiplicities),
            wires: witness.assignWires(shape: shape, challenge: statement.challenge, randomness: &randomness),
            randomness: &randomness
        )
        progress(0.4)
        var challenged = try committed.challenged()
        let points = try challenged.lookUp(witness.trees(shape, challenged.challenges))
        let claims = try challenged.relate(witness, points: points)
        var interacted = try challenged.open(own.matrix, claims: claims, randomness: &randomness)
        var reblinding: ReblindingClause?
        if let shift = reblindingShift {
            let nonce = Scalar.random(using: &randomness)
            reblinding = try ReblindingClause(
                shift: shift,
                nonce: nonce,
                commitment: RowGenerators.forWidth(shape.columnCount).blind(nonce).compress(),
                transcript: &interacted.transcript
            )
        }
        progress(0.6)
        let messages = interacted.messages
        return ProofBody(
            embeddingRows: rows,
            multiplicityRows: own.multiplicities,
            newTemplate: statement.newTemplate,
            messages: messages,
            reblinding: reblinding,
            closing: try interacted.close()
        )
    }
}
