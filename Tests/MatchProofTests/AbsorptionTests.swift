import Multilinear
import Testing

@testable import MatchProof
@testable import Statement

/// Every message is absorbed for a reason: in a system that forgets one, a forger succeeds; in the real one the same
/// forger fails. Where soundness does not rest on an absorb, the reason is given and the obvious changes are refused.
@Suite struct AbsorptionTests {
    @Test(arguments: ProofLabel.allCases)
    func isNeeded(label: ProofLabel) throws {
        let scenario = try Scenario()
        let mutant = Mutant(labels: [label])
        switch AbsorptionForgery.finding(for: label) {
        case .challenge, .elsewhere:
            return
        case .attack(let forge):
            let forged = try forge(scenario, [label])
            #expect(try mutant.accepts(forged), "the attack does not work where the message is forgotten")
            #expect(try !Mutant.none.accepts(forged))
            let attempted = try? forge(scenario, [])
            #expect(try attempted.map { try !Mutant.none.accepts($0) } ?? true)
        case .redundant(let reason, let changes):
            #expect(!reason.isEmpty)
            let role: Role = label == .reblindResponse ? .reblind : .authenticate
            let honest = try Scenario(role: role).attempt
            for system in [mutant, .none] {
                let proof = try honest.prove(on: system).envelope
                #expect(try system.accepts(proof))
                for change in changes {
                    var changed = proof
                    change(&changed.body)
                    #expect(try !system.accepts(changed))
                }
            }
        }
    }

    /// The replay with another attestation passes the check of signatures: only the transcript stops it.
    @Test func anotherAttestationIsSignedCorrectly() throws {
        let scenario = try Scenario()
        guard case .attack(let forge) = AbsorptionForgery.finding(for: .attestation) else { return }
        let forged = try forge(scenario, [.attestation])
        #expect(forged.attestations[0]?.isValid(challenge: scenario.login, rows: forged.embeddingRows) == true)
        #expect(throws: VerificationFailure.equation) { try scenario.fixture.verify(forged.encode()) }
    }
}
