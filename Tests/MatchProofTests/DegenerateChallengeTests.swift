import Multilinear
import Ristretto255
import Testing

@testable import Commitments
@testable import MatchProof
@testable import ProofTestSupport

/// Challenges at which the protocol is undefined are errors with a name, on both sides; none is a trap
/// (attacks.md F26).
@Suite struct DegenerateChallengeTests {
    private static let drawn: [ProofLabel] = ProofLabel.allCases.filter {
        if case .challenge = AbsorptionForgery.finding(for: $0) { true } else { false }
    }

    private func scenario(_ label: ProofLabel) throws -> Scenario {
        try Scenario(role: label == .reblindChallenge ? .reblind : .authenticate)
    }

    @Test(arguments: drawn)
    func zeroIsNamed(label: ProofLabel) throws {
        let scenario = try scenario(label)
        let honest = try scenario.attempt.prove().envelope
        var experiment = VerifierExperiment()
        experiment.transcript = { $0.forced[label] = .zero }
        #expect(throws: VerificationFailure.interaction) {
            _ = try MatchVerifier.equations(honest, experiment: experiment)
        }
        var attempt = scenario.attempt
        attempt.experiment.transcript = { $0.forced[label] = .zero }
        let degenerate = attempt
        #expect(throws: InteractionError.degenerateChallenge(label)) { _ = try degenerate.prove() }
    }

    /// One is no such value: with any single challenge forced to one on both sides an honest proof is accepted. (Folding
    /// by one on one side only, or any other mismatch, is refused.)
    @Test(arguments: drawn)
    func oneIsHarmless(label: ProofLabel) throws {
        let scenario = try scenario(label)
        var attempt = scenario.attempt
        attempt.experiment.transcript = { $0.forced[label] = .one }
        var experiment = VerifierExperiment()
        experiment.transcript = { $0.forced[label] = .one }
        do {
            let envelope = try attempt.prove().envelope
            let equations = try MatchVerifier.equations(envelope, experiment: experiment)
            var weights = SplitMix64(state: 4)
            #expect(equations.hold(using: &weights))
            #expect(try !Mutant.none.accepts(envelope))
        } catch let error as InteractionError {
            // With every row coordinate one, the last, empty row is opened.
            #expect(error == .degenerateOpening && label == .openingRoundChallenge)
        }
    }

    /// The closing argument's own challenges, y, z, u, x, w and those of its inner product, forced to zero.
    @Test func zeroInTheClosingArgument() throws {
        let scenario = try Scenario()
        let envelope = try scenario.attempt.prove().envelope
        let before = try MessageMap(scenario.login.challenge).challenges.count
        let count = 5 + ceilLog2(scenario.attempt.shape.gateCount)
        for index in 0..<count {
            var challenges = (0..<before + count).map { Scalar(UInt64($0 + 2)) }
            challenges[before + index] = .zero
            let list = challenges
            var experiment = VerifierExperiment()
            experiment.transcript = { $0.merlin.programmedChallenges = list }
            #expect(throws: VerificationFailure.closing) {
                _ = try MatchVerifier.equations(envelope, experiment: experiment)
            }
        }
    }

    /// Wrong numbers of masked scalars, which no decoder would let through.
    @Test func wrongNumberOfScalars() throws {
        var envelope = try Scenario().attempt.prove().envelope
        envelope.body.maskedScalars.append(.one)
        let longer = envelope
        #expect(throws: VerificationFailure.interaction) { _ = try MatchVerifier.equations(longer) }
        envelope.body.maskedScalars.removeLast(2)
        let shorter = envelope
        #expect(throws: VerificationFailure.interaction) { _ = try MatchVerifier.equations(shorter) }
    }
}
