import Ristretto255
import Testing

@testable import Commitments
@testable import MatchProof

/// Rows belong to their places and to their proof.
@Suite struct RowExchangeTests {
    private func expectRefusal(_ envelope: ProofEnvelope, _ change: (inout ProofBody) -> Void) throws {
        var changed = envelope
        change(&changed.body)
        #expect(try Mutant.none.accepts(envelope))
        #expect(try !Mutant.none.accepts(changed))
    }

    @Test func withinAProof() throws {
        var scenario = try Scenario(role: .refresh, samples: 2)
        let samples = [scenario.sample, try scenario.anotherSample()]
        let proof = try Attempt(scenario.login, samples: samples, template: scenario.template).prove().envelope
        try expectRefusal(proof) { $0.embeddingRows.swapAt(0, 1) }
        try expectRefusal(proof) { $0.multiplicityRows.swapAt(0, 1) }
        try expectRefusal(proof) { body in
            let row = body.embeddingRows[0]
            body.embeddingRows[0] = body.multiplicityRows[0]
            body.multiplicityRows[0] = row
        }
        try expectRefusal(proof) { $0.embeddingRows[0] = scenario.template.commitment }
    }

    /// Two valid proofs under one challenge, of one person: no part of one serves the other.
    @Test func betweenProofs() throws {
        var scenario = try Scenario()
        let first = try scenario.attempt.prove().envelope
        let again = try scenario.attempt.prove().envelope
        let other = try Attempt(
            scenario.login,
            samples: [try scenario.anotherSample()],
            template: scenario.template
        ).prove().envelope
        for second in [again, other] {
            let changes: [(inout ProofBody) -> Void] = [
                { $0.multiplicityRows = second.body.multiplicityRows },
                { $0.multiplicityRows[1] = second.body.multiplicityRows[1] },
                { $0.closingCommitments = second.body.closingCommitments },
                { $0.maskedScalars = second.body.maskedScalars },
                { $0.opening = second.body.opening },
                { $0.closing = second.body.closing },
            ]
            for change in changes { try expectRefusal(first, change) }
        }
        try expectRefusal(first) { $0.embeddingRows = other.body.embeddingRows }
    }

    /// Two samples with one commitment are one sample.
    @Test func repeatedSample() throws {
        let scenario = try Scenario(role: .enrol, samples: 2)
        let samples = [scenario.sample, scenario.sample]
        let proof = try Attempt(scenario.login, samples: samples, template: nil).prove().envelope
        #expect(throws: VerificationFailure.repeatedSample) { try scenario.fixture.verify(proof.encode()) }
    }

    /// Rows whose sum, the new template, is the identity.
    @Test func newTemplateIsNotTheIdentity() throws {
        let scenario = try Scenario(role: .enrol, samples: 2)
        let opposite = try EmbeddingOpening(
            values: scenario.sample.values.map { -$0 },
            blinder: -scenario.sample.blinder
        )
        let samples = [scenario.sample, opposite]
        let proof = try Attempt(scenario.login, samples: samples, template: nil).prove().envelope
        #expect(throws: VerificationFailure.newTemplate) { try scenario.fixture.verify(proof.encode()) }
    }

    /// A refresh by the very embedding that is the template.
    @Test func newTemplateIsNotTheOldOne() throws {
        let base = try Scenario()
        let template = try TemplateOpening(summing: [base.sample])
        let challenge = try base.fixture.challenge(.refresh, template: template.commitment)
        let proof = try Attempt(challenge, samples: [base.sample], template: template).prove().envelope
        #expect(throws: VerificationFailure.newTemplate) { try base.fixture.verify(proof.encode()) }
    }
}
