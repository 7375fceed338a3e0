import Ristretto255
import Sodium
import Statement
import Testing

@testable import Commitments
@testable import MatchProof

/// Re-blinding takes the face and the opening, not just the commitment (attacks.md F3).
@Suite struct ReblindTests {
    /// C_t + d H can be made by anybody; without an opening of C_t there is no proof for it.
    @Test func madeFromTheCommitmentAlone() throws {
        let scenario = try Scenario(role: .reblind)
        // The attacker's own face and template, the victim's C_t in the statement, a true Schnorr clause.
        let own = try TemplateOpening(summing: [scenario.stranger])
        let (envelope, violated) = try Attempt(scenario.login, samples: [scenario.stranger], template: own).prove()
        #expect(violated.isEmpty)
        let equations = try MatchVerifier.equations(envelope)
        #expect(equations.reblinding?.holds == true)
        #expect(!equations.argument.opening.holds)
        #expect(throws: VerificationFailure.equation) { try scenario.fixture.verify(envelope.encode()) }
    }

    /// The honest prover does not sign it either.
    @Test func proverNeedsTheOpening() throws {
        let scenario = try Scenario(role: .reblind)
        let samples = [CommittedSample(opening: scenario.sample, attestation: nil)]
        let own = try TemplateOpening(summing: [scenario.stranger])
        for template in [nil, own] {
            #expect(throws: ProverError.wrongTemplate) {
                try MatchProver().prove(scenario.login, samples: samples, template: template)
            }
        }
    }

    /// By somebody with the opening but another face.
    @Test func anotherFace() throws {
        let scenario = try Scenario(role: .reblind)
        let (envelope, violated) = try scenario.strangerAttempt.prove()
        #expect(violated == [.rangeThreshold])
        #expect(throws: VerificationFailure.equation) { try scenario.fixture.verify(envelope.encode()) }
    }

    @Test func unchangedTemplate() throws {
        let scenario = try Scenario(role: .reblind)
        var attempt = scenario.attempt
        attempt.shift = .zero
        let envelope = try attempt.prove().envelope
        #expect(throws: VerificationFailure.newTemplate) { try scenario.fixture.verify(envelope.encode()) }
    }

    @Test func identityTemplate() throws {
        let scenario = try Scenario(role: .reblind)
        var envelope = try scenario.attempt.prove().envelope
        envelope.body.newTemplate = .identity
        let bytes = envelope.encode()
        #expect(throws: WireError.identityPoint(field: .newTemplate)) { try ProofEnvelope(decoding: bytes) }
        // And behind the decoder's back.
        let undecoded = envelope
        #expect(throws: VerificationFailure.newTemplate) {
            try MatchVerifier().verify(
                undecoded,
                verifierKey: scenario.fixture.verifier.publicKey,
                sensorKey: nil
            )
        }
    }

    /// C_t' with another value in it than C_t.
    @Test func otherContent() throws {
        let scenario = try Scenario(role: .reblind)
        for target in [
            try TemplateOpening(summing: [scenario.stranger]).commitment,
            try TemplateOpening(
                values: scenario.template.values.map { $0 == 0 ? 1 : $0 - $0.signum() },
                blinder: scenario.template.blinder + Scalar(3)
            ).commitment,
            (RistrettoPoint.generator).compress(),
        ] {
            var attempt = scenario.attempt
            attempt.lies.newTemplate = { _ in target }
            let envelope = try attempt.prove().envelope
            #expect(try MatchVerifier.equations(envelope).reblinding?.holds == false)
            #expect(throws: VerificationFailure.equation) { try scenario.fixture.verify(envelope.encode()) }
        }
    }

    @Test func changedClause() throws {
        let scenario = try Scenario(role: .reblind)
        let envelope = try scenario.attempt.prove().envelope
        #expect(try scenario.fixture.verify(envelope.encode()).newTemplate == envelope.body.newTemplate)
        let h = RowGenerators.forWidth(128).blinding
        let changes: [(inout ProofBody) -> Void] = [
            { $0.reblinding?.response += .one },
            { $0.reblinding?.response = .zero },
            { $0.reblinding?.commitment = h.compress() },
            { body in
                // Shifted alike, so that the equation itself would hold for the old c.
                guard let point = body.reblinding?.commitment.decompress() else { return }
                body.reblinding?.commitment = (point + h).compress()
                body.reblinding?.response += .one
            },
            { body in
                // Another re-blinding of the same template.
                guard let point = body.newTemplate?.decompress() else { return }
                body.newTemplate = (point + h).compress()
            },
        ]
        for change in changes {
            var changed = envelope
            change(&changed.body)
            #expect(throws: VerificationFailure.equation) { try scenario.fixture.verify(changed.encode()) }
        }
        var identity = envelope
        identity.body.reblinding?.commitment = .identity
        let bytes = identity.encode()
        #expect(throws: WireError.identityPoint(field: .reblindCommitment)) { try ProofEnvelope(decoding: bytes) }
    }

    /// The clause of one proof in another.
    @Test func exchangedClauses() throws {
        let scenario = try Scenario(role: .reblind)
        let first = try scenario.attempt.prove().envelope
        var attempt = scenario.attempt
        attempt.shift = Scalar(99)
        let second = try attempt.prove().envelope
        var mixed = first
        mixed.body.reblinding = second.body.reblinding
        #expect(try !Mutant.none.accepts(mixed))
        mixed.body.newTemplate = second.body.newTemplate
        #expect(try !Mutant.none.accepts(mixed))
    }
}
