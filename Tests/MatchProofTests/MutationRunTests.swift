import Ristretto255
import Testing

@testable import Commitments
@testable import MatchProof
@testable import Statement

/// Structured mutations of real messages: decoders and verifier neither trap nor accept.
@Suite struct MutationRunTests {
    @Test func envelopes() throws {
        var random = SplitMix64(state: 2024)
        let scenario = try Scenario()
        let login = try scenario.attempt.prove().envelope.encode()
        let refresh = try Scenario(seed: 6, role: .refresh, samples: 2)
        let samples = [refresh.sample, try EmbeddingOpening(committing: refresh.template.values.map { $0 / 3 })]
        let second = try Attempt(refresh.login, samples: samples, template: refresh.template).prove().envelope.encode()
        let reblind = try Scenario(seed: 7, role: .reblind).attempt.prove().envelope.encode()
        let originals = [login, second, reblind]
        let key = scenario.fixture.verifier.publicKey
        var decoded = 0
        var verified = 0
        var accepted = 0
        for round in 0..<20_000 {
            let original = originals[round % 3]
            let bytes = Mutator.messages.mutate(original, with: originals[(round + 1) % 3], &random)
            guard let envelope = try? ProofEnvelope(decoding: bytes), bytes != original else { continue }
            decoded += 1
            guard verified < 300 else { continue }
            verified += 1
            if (try? MatchVerifier().verify(envelope, verifierKey: key, sensorKey: nil)) != nil { accepted += 1 }
            if try Mutant.none.accepts(envelope) { accepted += 1 }
        }
        #expect(accepted == 0)
        #expect(decoded > 300)
        #expect(verified == 300)
    }

    @Test func smallMessages() throws {
        var random = SplitMix64(state: 77)
        let scenario = try Scenario()
        let attestation = try #require(scenario.fixture.attest(scenario.sample, scenario.login).attestation)
        let receipt = Receipt(
            role: .enrol,
            modality: .face,
            audience: "a",
            subject: "b",
            label: "c",
            template: scenario.template.commitment,
            epoch: 0,
            model: Array(repeating: 7, count: 32),
            time: 5
        )
        let signed = SignedReceipt(signing: receipt, with: scenario.fixture.verifier)
        #expect(signed.isSigned(by: scenario.fixture.verifier.publicKey))
        let key = scenario.fixture.verifier.publicKey
        var forged = 0
        for _ in 0..<5_000 {
            let challenge = Mutator.messages.mutate(scenario.login.bytes, with: signed.bytes, &random)
            if challenge != scenario.login.bytes, let value = try? SignedChallenge(decoding: challenge),
                value.isSigned(by: key)
            {
                forged += 1
            }
            let other = Mutator.messages.mutate(signed.bytes, with: scenario.login.bytes, &random)
            if other != signed.bytes, let value = try? SignedReceipt(decoding: other), value.isSigned(by: key) {
                forged += 1
            }
            _ = try? SensorAttestation(decoding: Mutator.messages.mutate(attestation.encode(), with: other, &random))
            _ = try? EmbeddingOpening(decoding: Mutator.messages.mutate(scenario.sample.encode(), with: other, &random))
            _ = try? TemplateOpening(
                decoding: Mutator.messages.mutate(scenario.template.encode(), with: other, &random)
            )
        }
        #expect(forged == 0)
    }

    /// A signature for one kind of message never serves another.
    @Test func signaturesAreSeparated() throws {
        let scenario = try Scenario()
        let encoded = scenario.login.challenge.encode()
        let bare = scenario.fixture.verifier.sign(encoded)
        let asReceipt = scenario.fixture.verifier.sign(Array("semblance receipt v1".utf8) + encoded)
        for signature in [bare, asReceipt] {
            let challenge = try SignedChallenge(decoding: encoded + signature)
            #expect(!challenge.isSigned(by: scenario.fixture.verifier.publicKey))
        }
    }
}
