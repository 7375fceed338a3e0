import Ristretto255
import Sodium
import Testing

@testable import Multilinear
@testable import NetworkProof
@testable import ProofTestSupport
@testable import Transcript

/// Zero knowledge: whatever a network proof shows can be made without a witness, and without even knowing that there is
/// one.
@Suite struct NetworkSimulatorTests {
    private func holds(_ proof: OfferedProof, _ prepare: @escaping (inout ProofTranscript) -> Void) throws -> Bool {
        guard let equations = try? proof.equations(prepare: prepare) else { return false }
        var weights = SystemRandom()
        return Equation.hold(equations.all, using: &weights)
    }

    /// Rows that nobody can open are accepted under programmed challenges, and only under these.
    @Test(arguments: [(TestNetworks.mixed, 0), (TestNetworks.mixed, 4), (TestNetworks.small, 0)])
    func acceptedUnderProgrammedChallengesOnly(network: RandomNetwork, start: Int) throws {
        let simulator = NetworkSimulator(network, start: start)
        let proof = try simulator.simulate()
        #expect(try holds(proof, simulator.program))
        #expect(try !holds(proof) { _ in })
        #expect(try !holds(proof, NetworkSimulator(network, start: start).program))
        let count = try MessageMap(of: NetworkStatement(simulator.shape)).challenges.count
        #expect(count + 20 < simulator.challenges.count)
        for index in [0, 1, 2, count / 2, count - 1, count, count + 4, count + 12] {
            var changed = simulator.challenges
            changed[index] += .one
            let list = changed
            #expect(try !holds(proof) { $0.program(list) })
        }
    }
}
