import Multilinear
import Ristretto255
import Sodium
import Testing

@testable import MatchProof
@testable import ProofTestSupport

/// Zero knowledge: whatever a proof shows can be made without a witness, and without even knowing that there is one.
@Suite struct SimulatorTests {
    private func holds(_ envelope: ProofEnvelope, _ prepare: @escaping (inout ProofTranscript) -> Void) throws -> Bool {
        let decoded = try ProofEnvelope(decoding: envelope.encode())
        guard let equations = try? MatchVerifier.equations(decoded, prepare: prepare) else { return false }
        var weights = SystemRandom()
        return equations.hold(using: &weights)
    }

    /// Rows that nobody can open are accepted under programmed challenges, and only under these.
    @Test func acceptedUnderProgrammedChallengesOnly() throws {
        let fixture = Fixture()
        let simulator = try Simulator(fixture)
        let envelope = try simulator.simulate()
        #expect(try holds(envelope, simulator.program))
        #expect(try !holds(envelope) { _ in })
        #expect(try !holds(envelope, Simulator(fixture).program))
        #expect(throws: VerificationFailure.equation) { try fixture.verify(envelope.encode()) }
        // One programmed challenge off by one.
        let count = try MessageMap(of: MatchStatement(simulator.challenge)).challenges.count
        for index in [0, 1, 2, count / 2, count - 1, count, count + 4, count + 12] {
            var changed = simulator.challenges
            changed[index] += .one
            let list = changed
            #expect(try !holds(envelope) { $0.program(list) })
        }
    }

    /// It looks like an honest proof: same length, no element twice, uniform bytes.
    @Test func looksHonest() throws {
        let scenario = try Scenario()
        let honest = try scenario.attempt.prove().envelope
        let simulator = try Simulator(scenario.fixture)
        let simulated = try simulator.simulate()
        #expect(honest.encode().count == simulated.encode().count)
        let layout = EnvelopeLayout(simulated)
        let elements = layout.elements.map(layout.element)
        #expect(Set(elements).count == elements.count)
    }
}
