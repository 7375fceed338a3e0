import Models
import Ristretto255
import Sodium
import Testing

@testable import Commitments
@testable import MatchProof
@testable import ProofTestSupport
@testable import Statement

/// Makes the proof of a ``VectorCase`` with the prover that ships, the same at every run.
struct VectorMaker {
    struct Made {
        let challenge: SignedChallenge
        let output: MatchProver.Output
    }

    private let vector: VectorCase
    private let verifier: SigningKey
    private let sensor: SigningKey
    /// The model in force and, for an upgrade, the previous one; at `match` they only lend their names.
    private let models: [ProvingModel]
    private let random: SplitMix64

    static func make(_ vector: VectorCase) throws -> Made {
        try FrozenRandomness.during { try VectorMaker(vector).make() }
    }

    private init(_ vector: VectorCase) throws {
        self.vector = vector
        verifier = try #require(SigningKey(seed: VectorCase.verifierSeed))
        sensor = try #require(SigningKey(seed: VectorCase.sensorSeed))
        models = try (vector.role == .upgrade ? [0, 1] : [0]).map { try VectorCase.model(vector.modality, $0) }
        random = SplitMix64(state: UInt64(vector.role.rawValue) << 8 | UInt64(vector.assurance.rawValue))
    }

    private func make() throws -> Made {
        // The first look became the template, under the model that is the previous one of an upgrade.
        let enrolled = try look(0)
        let recorded = try #require(enrolled.last)
        let template = try TemplateOpening(summing: [
            try EmbeddingOpening(committing: try #require(recorded.blocks.last))
        ])
        let challenge = SignedChallenge(signing: try challenge(template), with: verifier)
        var samples: [CommittedSample] = []
        var previous: [CommittedSample] = []
        for index in 1...vector.samples {
            let captured = try capture(try look(index), challenge)
            samples.append(captured[0])
            if vector.role == .upgrade { previous.append(captured[1]) }
        }
        let isWhole = vector.assurance == .match
        let output = try MatchProver().prove(
            challenge,
            samples: samples,
            template: vector.role == .enrol ? nil : template,
            model: isWhole ? nil : models[0],
            previous: vector.role == .upgrade
                ? MatchProver.Previous(samples: previous, model: isWhole ? nil : models[1]) : nil
        )
        return Made(challenge: challenge, output: output)
    }

    /// What each network makes of one look at the person; the image is a little different each time.
    private func look(_ index: Int) throws -> [NetworkTraceValues] {
        try models.indices.map { model in
            let network = try #require(VectorCase.networks[vector.modality]?[model])
            var noise = random
            noise.state &+= UInt64(index)
            let image = network.randomInput(seed: 7).map {
                max(-128, min(127, $0 + Int16.random(in: -5...5, using: &noise)))
            }
            return network.trace(image)
        }
    }

    /// Commits under each model to what the proof starts from, and signs that once.
    private func capture(_ traces: [NetworkTraceValues], _ challenge: SignedChallenge) throws -> [CommittedSample] {
        let openings = try traces.map { try EmbeddingOpening(committing: try #require($0.blocks.last)) }
        guard vector.assurance != .match else {
            let blocks = openings.map {
                SensorAttestation.Block(
                    shape: TensorShape(channels: 1, height: 1, width: $0.values.count),
                    rows: [$0.commitment]
                )
            }
            return openings.map { CommittedSample(opening: $0, attestation: attest(blocks, challenge)) }
        }
        var starts: [StartOpening] = []
        for (model, trace) in zip(models, traces) {
            let start = try #require(model.published.startBlock(at: vector.assurance))
            let isShared = starts.first.map { _ in
                model.published.sharesStart(with: models[0].published, at: vector.assurance)
            }
            starts.append(
                isShared == true
                    ? starts[0]
                    : try StartOpening(
                        committing: trace.blocks[start],
                        description: model.published.description,
                        start: start
                    )
            )
        }
        let blocks = try zip(models, starts).map { model, opening in
            SensorAttestation.Block(
                shape: model.published.description.shape(
                    ofBlock: try #require(model.published.startBlock(at: vector.assurance))
                ),
                rows: opening.commitments
            )
        }
        return zip(openings, zip(starts, traces)).map {
            CommittedSample(
                opening: $0,
                attestation: attest(blocks, challenge),
                network: NetworkEvidence(start: $1.0, trace: $1.1)
            )
        }
    }

    private func attest(_ blocks: [SensorAttestation.Block], _ challenge: SignedChallenge) -> SensorAttestation? {
        guard vector.isSigned else { return nil }
        return SensorAttestation.sign(challenge: challenge, time: 1_700_000_010, blocks: blocks, with: sensor)
    }

    private func challenge(_ template: TemplateOpening) throws -> Challenge {
        let bounds = models.map { ($0.published.identity, $0.published.dimension) }
        return try Challenge(
            role: vector.role,
            modality: vector.modality,
            assurance: vector.assurance,
            audience: "vectors.semblance.test",
            verifierKey: verifier.publicKey.bytes,
            purpose: "test vector",
            subject: "zoë",
            label: vector.modality == .face ? "with glasses" : "left-thumb",
            nonce: Array(repeating: 0x33, count: 32),
            clientKey: Array(repeating: vector.isSigned ? 0 : 0x44, count: 32),
            template: vector.role == .enrol ? nil : template.commitment,
            epoch: vector.role == .enrol ? 0 : 5,
            model: bounds[0].0,
            dimension: bounds[0].1,
            threshold: 36000,
            minimumNorm: UInt32(10 * bounds[0].1),
            samples: vector.samples,
            issuedAt: 1_700_000_000,
            expiresAt: 1_700_000_060,
            previous: vector.role == .upgrade
                ? PreviousModel(
                    identity: bounds[1].0,
                    dimension: bounds[1].1,
                    threshold: 33000,
                    minimumNorm: UInt32(11 * bounds[1].1)
                ) : nil
        )
    }
}
