import Models
import NetworkProof
import Ristretto255
import Sodium
import Testing

@testable import Commitments
@testable import MatchProof
@testable import ProofTestSupport
@testable import Statement

/// A person seen by a small network, with a template, and a challenge at `head` or `full`.
struct FullScenario {
    static let network = RandomNetwork(
        input: TensorShape(channels: 1, height: 6, width: 5),
        plans: [
            RandomNetwork.Plan(sources: [[BlockSource(block: 0)]], channels: 3, stride: (2, 1), table: 1),
            RandomNetwork.Plan(
                sources: [[BlockSource(block: 1)]],
                channels: 9,
                kernel: (3, 5),
                pad: (0, 0),
                table: 2
            ),
        ],
        headStart: 1,
        seed: 11
    )

    static let model = makeModel(network)

    /// The network as a model.
    static func makeModel(
        _ network: RandomNetwork,
        name: String = "test",
        modality: String = "fingerprint"
    ) -> ProvingModel? {
        let rows = ParameterRows(network.description, parameters: network.parameters, blindingSeed: nil)
        let published = try? PublishedModel(
            header: ModelHeader(
                name: name,
                modality: modality,
                preprocessing: Preprocessing(windowWidth: 300, windowHeight: 300, background: 255, keepsAspect: true),
                minimumNorm: 90,
                thresholds: []
            ),
            description: network.description,
            hasPrivateWeights: false,
            parameterRows: rows.commitments
        )
        return published.map { ProvingModel(published: $0, parameters: rows) }
    }

    let fixture: Fixture
    let assurance: Assurance
    let model: ProvingModel
    let trace: NetworkTraceValues
    let template: TemplateOpening
    let challenge: SignedChallenge
    /// Attested samples.
    var samples: [CommittedSample] = []

    var start: Int { assurance == .full ? 0 : 1 }

    /// The values that the network makes of the input.
    var embedding: [Int16] { trace.blocks[trace.blocks.count - 1] }

    init(
        _ assurance: Assurance,
        role: Role = .authenticate,
        samples count: Int = 1,
        seed: UInt64 = 3,
        fixture: Fixture? = nil,
        isAttested: Bool = true
    ) throws {
        self.assurance = assurance
        self.fixture = fixture ?? Fixture(dimension: 9)
        model = try #require(Self.model)
        trace = Self.network.trace(Self.network.randomInput(seed: seed))
        let embedding = trace.blocks[trace.blocks.count - 1]
        template = try TemplateOpening(summing: [try EmbeddingOpening(committing: embedding)])
        let identity = model.published.identity
        challenge = try self.fixture.challenge(
            role,
            template: role == .enrol ? nil : template.commitment,
            samples: count
        ) {
            $0.assurance = assurance
            $0.model = identity
        }
        for _ in 0..<count { samples.append(try sample(isAttested: isAttested)) }
    }

    /// A capture of the same person.
    func sample(isAttested: Bool = true, start other: StartOpening? = nil) throws -> CommittedSample {
        let start =
            try other
            ?? StartOpening(
                committing: trace.blocks[start],
                description: Self.network.description,
                start: start
            )
        return CommittedSample(
            opening: try EmbeddingOpening(committing: embedding),
            attestation: isAttested ? attest(start.commitments) : nil,
            network: NetworkEvidence(start: start, trace: trace)
        )
    }

    func attest(
        _ rows: [CompressedRistretto],
        challenge other: SignedChallenge? = nil,
        shape: TensorShape? = nil
    ) -> SensorAttestation {
        SensorAttestation.sign(
            challenge: other ?? challenge,
            time: 1_700_000_010,
            shape: shape ?? Self.network.description.shape(ofBlock: start),
            rows: rows,
            with: fixture.sensor
        )
    }

    /// The public prover's envelope.
    func prove() throws -> ProofEnvelope {
        let output = try MatchProver().prove(
            challenge,
            samples: samples,
            template: challenge.challenge.role == .enrol ? nil : template,
            model: model
        )
        return try decode(output.envelope)
    }

    func decode(_ bytes: [UInt8]) throws -> ProofEnvelope {
        try ProofEnvelope(decoding: bytes) { $0 == model.published.identity ? model.published : nil }
    }

    func verify(_ envelope: ProofEnvelope) throws -> VerifiedProof {
        try MatchVerifier().verify(
            try decode(envelope.encode()),
            verifierKey: fixture.verifier.publicKey,
            sensorKey: nil
        )
    }

    /// The network proofs of the samples, made anew, under any context.
    func networkProofs(
        change: (inout NetworkContext) -> Void = { _ in }
    ) throws -> [NetworkProofBody] {
        let shape = NetworkShape(model.published.description, start: start)
        return try samples.enumerated().map { index, sample in
            var context = NetworkContext(
                challenge,
                sample: index,
                sample.attestation,
                model.published,
                start: start
            )
            change(&context)
            return try Self.networkProof(shape, context, sample, model.parameters)
        }
    }

    static func networkProof(
        _ shape: NetworkShape,
        _ context: NetworkContext,
        _ sample: CommittedSample,
        _ parameters: ParameterRows,
        system generator: some RandomNumberGenerator = SystemRandom()
    ) throws -> NetworkProofBody {
        var system = generator
        let input = try #require(NetworkProver.Input(sample, shape, parameters))
        return try NetworkProver.prove(NetworkStatement(shape, context), input, using: &system)
    }

    /// An honest envelope whose network proofs may be replaced before the match proof is made.
    var attempt: Attempt {
        get throws {
            var attempt = Attempt(
                challenge,
                samples: samples.map(\.opening),
                template: challenge.challenge.role == .enrol ? nil : template
            )
            attempt.attestations = samples.map(\.attestation)
            attempt.model = model.published
            attempt.networkProofs = try networkProofs()
            return attempt
        }
    }
}
