import Multilinear
import Testing

@testable import Commitments
@testable import MatchProof

/// Every family of constraints is needed: without it, on both sides, a false statement is accepted.
@Suite struct ConstraintFamilyTests {
    @Test(arguments: ConstraintFamily.allCases)
    func isNeeded(family: ConstraintFamily) throws {
        let scenario = try Scenario()
        guard let attempt = try FamilyAttack.attempt(on: family, scenario: scenario) else { return }

        let real = try attempt.prove()
        #expect(real.violated == [family])
        #expect(try !Mutant.none.accepts(real.envelope))

        let mutant = Mutant(families: [family])
        let forged = try attempt.prove(on: mutant)
        #expect(forged.violated.isEmpty)
        #expect(try mutant.accepts(forged.envelope))
        #expect(try !Mutant.none.accepts(forged.envelope))
    }

    /// The same attacks through the front door.
    @Test func honestProverRefusesTheWitness() throws {
        let scenario = try Scenario()
        let samples = [
            scenario.stranger,
            try EmbeddingOpening(committing: scenario.sample.values.map { -$0 }),
            try EmbeddingOpening(committing: scenario.template.values.map { $0.signum() }),
        ]
        for sample in samples {
            #expect(throws: ProverError.noMatch) {
                try MatchProver().prove(
                    scenario.login,
                    samples: [.init(opening: sample, attestation: nil)],
                    template: scenario.template
                )
            }
        }
    }
}
