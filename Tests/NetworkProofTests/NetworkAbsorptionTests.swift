import Multilinear
import Testing

@testable import ProofTestSupport

/// Every message of a network proof is absorbed for a reason: in a system that forgets one, a forger succeeds; in the
/// real one the same forger fails.
@Suite struct NetworkAbsorptionTests {
    @Test(arguments: ProofLabel.allCases)
    func isNeeded(label: ProofLabel) throws {
        let network = TestNetworks.mixed
        let mutant = NetworkMutant(labels: [label])
        switch NetworkAbsorptionForgery.finding(for: label) {
        case .challenge, .elsewhere:
            return
        case .attack(let forge):
            let forged = try forge(network, [label])
            #expect(mutant.accepts(forged), "the attack does not work where the message is forgotten")
            #expect(!NetworkMutant.none.accepts(forged))
            let attempted = try? forge(network, [])
            #expect(attempted.map { !NetworkMutant.none.accepts($0) } ?? true)
        case .redundant(let changes):
            let attempt = try NetworkAttempt(network)
            for system in [mutant, .none] {
                let proof = try attempt.prove(on: system).proof
                #expect(system.accepts(proof))
                for change in changes {
                    var changed = proof
                    change(&changed.body)
                    #expect(!system.accepts(changed))
                }
            }
        }
    }
}
