import Models
import NetworkProof
import Ristretto255
import Sodium
import Testing

@testable import Commitments
@testable import MatchProof
@testable import ProofTestSupport
@testable import Statement

/// For fixed keys, nonces, blinders and randomness every proof is the same to the byte, and so is what its verifier draws: a
/// change of the code that changes any of them changes the protocol.
@Suite struct ProofBytesTests {
    private static let verifier = SigningKey(seed: [UInt8](repeating: 41, count: 32))
    private static let sensor = SigningKey(seed: [UInt8](repeating: 42, count: 32))

    private static func challenge(
        _ role: Role,
        template: TemplateOpening?,
        samples: Int,
        change: (inout Challenge) -> Void = { _ in }
    ) throws -> SignedChallenge {
        let verifier = try #require(verifier)
        var challenge = try Challenge(
            role: role,
            modality: .fingerprint,
            assurance: .match,
            audience: "verifier.test",
            verifierKey: verifier.publicKey.bytes,
            purpose: "login",
            subject: "alice",
            label: "right-index",
            nonce: Array(repeating: 43, count: 32),
            clientKey: Array(repeating: 0, count: 32),
            template: template?.commitment,
            epoch: role == .enrol ? 0 : 3,
            model: Array(repeating: 7, count: 32),
            dimension: 128,
            threshold: 32768,
            minimumNorm: 1280,
            samples: samples,
            issuedAt: 1_700_000_000,
            expiresAt: 1_700_000_060
        )
        change(&challenge)
        return SignedChallenge(signing: challenge, with: verifier)
    }

    private static func attempt(_ role: Role, samples: Int) throws -> Attempt {
        var fixture = Fixture(seed: 31)
        let person = fixture.person()
        let template = try TemplateOpening(values: person.map { 3 * $0 }, blinder: Scalar(1001))
        let openings = try (0..<samples).map {
            try EmbeddingOpening(values: fixture.sample(of: person), blinder: Scalar(UInt64(2000 + $0)))
        }
        let used = role == .enrol ? nil : template
        let challenge = try challenge(role, template: used, samples: samples)
        var attempt = Attempt(challenge, samples: openings, template: used)
        let sensor = try #require(sensor)
        attempt.attestations = openings.map {
            SensorAttestation.sign(challenge: challenge, time: 1_700_000_010, rows: [$0.commitment], with: sensor)
        }
        attempt.lies.system = SplitMix64(state: UInt64(samples))
        return attempt
    }

    /// A login at `full` by the network of ``FullScenario``.
    private static func fullAttempt(start: Int) throws -> Attempt {
        let model = try #require(FullScenario.model)
        let network = FullScenario.network
        let trace = network.trace(network.randomInput(seed: 3))
        let embedding = trace.blocks[trace.blocks.count - 1]
        let template = try TemplateOpening(values: embedding, blinder: Scalar(1001))
        let sample = try EmbeddingOpening(values: embedding, blinder: Scalar(2000))
        let challenge = try challenge(.authenticate, template: template, samples: 1) {
            $0.assurance = start == 0 ? .full : .head
            $0.model = model.published.identity
            $0.dimension = 9
            $0.minimumNorm = 90
        }
        var attempt = Attempt(challenge, samples: [sample], template: template)
        attempt.model = model.published
        let opening = try StartOpening(
            values: trace.blocks[start],
            blinders: (0..<StartOpening.rowCount(network.description, start: start)).map { Scalar(UInt64(3000 + $0)) },
            description: network.description,
            start: start
        )
        attempt.networkProofs = [
            try FullScenario.networkProof(
                NetworkShape(network.description, start: start),
                NetworkContext(challenge, sample: 0, nil, model.published, start: start),
                CommittedSample(
                    opening: sample,
                    attestation: nil,
                    network: NetworkEvidence(start: opening, trace: trace)
                ),
                model.parameters,
                system: SplitMix64(state: 9)
            )
        ]
        attempt.lies.system = SplitMix64(state: 10)
        return attempt
    }

    /// The proof's bytes; the constraints that its verifier builds, the state in which they leave the transcript, and the
    /// value of the opening's equation for a vector that is wrong.
    private func digests(_ attempt: Attempt) throws -> [String] {
        var envelope = try attempt.prove().envelope
        let bytes = envelope.encode()
        let replay = try Replay(envelope)
        var transcript = replay.transcript
        envelope.body.opening.vector[0] += .one
        let value = try #require(try Replay(envelope).openingEquation(envelope)).value
        return [
            bytes, replay.constraints.bytes, transcript.merlin.challengeBytes("end", count: 32), value.compress().bytes,
        ].map { Hexadecimal.encode(Hash.sha256($0).prefix(8)) }
    }

    @Test(arguments: [
        (
            Role.authenticate, 1,
            ["cdb0a6e36398117c", "2971bb6a9a896e08", "9824b1d25cc14492", "09e393b17c06ac96"]
        ),
        (
            Role.enrol, 1,
            ["cfab2a77ed8f025c", "1ef3013551ae5c32", "ee1a9a5ab0972580", "0dff18caf859cb8e"]
        ),
        (
            Role.enrol, 3,
            ["211b1dd427edaad9", "7417df1418528513", "9f8f2500d8c7ced5", "ddd80e7a62f86206"]
        ),
        (
            Role.refresh, 2,
            ["f69f79c42fae4543", "a0643d7262e458a7", "9a6b0dfc1ba6147f", "735607bd5340fca8"]
        ),
        (
            Role.reblind, 1,
            ["9259b1b5c02a0694", "177c1d121fcf1211", "26c5d923f3284258", "3a0f6a0861cdf1de"]
        ),
    ])
    func match(role: Role, samples: Int, expected: [String]) throws {
        let found = try digests(try Self.attempt(role, samples: samples))
        #expect(found == expected, "\(role) \(samples): \(found)")
    }

    @Test(arguments: [
        (0, ["219d2ea1c25b26ea", "bb21473fadcb1913", "ef099bb45606260a", "0cce46a235fffaf0"]),
        (1, ["854f979a93b40da7", "e54e64f894257571", "7b279f50c4f9dd0f", "dc52e21cb2591fb8"]),
    ])
    func network(start: Int, expected: [String]) throws {
        let found = try digests(try Self.fullAttempt(start: start))
        #expect(found == expected, "\(start): \(found)")
    }
}
