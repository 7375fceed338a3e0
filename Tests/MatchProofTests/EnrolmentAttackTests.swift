import Ristretto255
import Testing

@testable import Commitments
@testable import MatchProof
@testable import Statement

/// A template for more than one person is refused at enrolment and at a refresh (attacks.md F4).
@Suite struct EnrolmentAttackTests {
    /// Proves anyway, and expects the threshold of some pair to name the fraud.
    private func expectRefusal(
        _ challenge: SignedChallenge,
        _ people: [[Int16]],
        template: TemplateOpening? = nil
    ) throws {
        let samples = try people.map { try EmbeddingOpening(committing: $0) }
        #expect(throws: ProverError.noMatch) {
            try MatchProver().prove(
                challenge,
                samples: samples.map { .init(opening: $0, attestation: nil) },
                template: template
            )
        }
        let (envelope, violated) = try Attempt(challenge, samples: samples, template: template).prove()
        #expect(violated.contains(.rangeThreshold))
        #expect(violated.isSubset(of: [.rangeThreshold, .rangeInnerProduct]))
        #expect(try !Mutant.none.accepts(envelope))
    }

    @Test func twoPeople() throws {
        var fixture = Fixture(seed: 21)
        let people = [fixture.person(), fixture.person()]
        try expectRefusal(try fixture.challenge(.enrol, samples: 2), people)
    }

    @Test func asManyPeopleAsFit() throws {
        var fixture = Fixture(seed: 22)
        let people = (0..<MatchBounds.maximumSamples).map { _ in fixture.person() }
        try expectRefusal(try fixture.challenge(.enrol, samples: people.count), people)
    }

    /// More do not fit into a challenge.
    @Test func eightPeople() throws {
        var fixture = Fixture(seed: 23)
        #expect(throws: WireError.outOfRange(field: .samples)) {
            try fixture.challenge(.enrol, samples: 8).challenge.validate()
        }
        // Summed behind the verifier's back, the template has no record and no proof: C_t is the sum of proven rows.
        let openings = try (0..<8).map { _ in try EmbeddingOpening(committing: fixture.person()) }
        #expect(throws: WireError.outOfRange(field: .samples)) { try TemplateOpening(summing: openings) }
    }

    /// A morph of A and B matches both; A and B must also match each other.
    @Test func starRoundAMorph() throws {
        var fixture = Fixture(seed: 24)
        let a = fixture.person()
        let b = fixture.person()
        let morph = zip(a, b).map { ($0 + $1) / 2 }
        let challenge = try fixture.challenge(.enrol, samples: 3, threshold: 26214)
        let pairs = MatchShape(challenge.challenge).pairs
        #expect(pairs.map { [$0.first, $0.second] } == [[0, 1], [0, 2], [1, 2]])
        for other in [a, b] {
            let inner = Int128(Scenario.dot(morph, other))
            let norms = Int128(Scenario.dot(morph, morph)) * Int128(Scenario.dot(other, other))
            #expect(inner > 0 && inner * inner << 16 >= 26214 * norms)
        }
        try expectRefusal(challenge, [morph, a, b])
    }

    @Test func refreshWithSomebodyElse() throws {
        let scenario = try Scenario(role: .refresh, samples: 2)
        try expectRefusal(
            scenario.login,
            [scenario.sample.values, scenario.stranger.values],
            template: scenario.template
        )
    }

    @Test func oneTinySampleAmongGoodOnes() throws {
        var scenario = try Scenario(role: .enrol, samples: 2)
        let good = try scenario.anotherSample()
        let tiny = try EmbeddingOpening(committing: scenario.template.values.map { $0.signum() })
        let (envelope, violated) = try Attempt(scenario.login, samples: [good, tiny], template: nil).prove()
        #expect(violated == [.rangeNorm])
        #expect(try !Mutant.none.accepts(envelope))
    }
}
