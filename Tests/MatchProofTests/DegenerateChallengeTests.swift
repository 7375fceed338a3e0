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

    /// Every challenge of this label has this value, on whichever side runs on the list.
    private func program(_ label: ProofLabel, _ value: Scalar, _ scenario: Scenario) throws -> [Scalar] {
        try MessageMap(of: MatchStatement(scenario.login))
            .program(label, value, clause: scenario.login.challenge.role == .reblind ? [.reblindChallenge] : [])
    }

    @Test(arguments: drawn)
    func zeroIsNamed(label: ProofLabel) throws {
        let scenario = try scenario(label)
        let honest = try scenario.attempt.prove().envelope
        let challenges = try program(label, .zero, scenario)
        #expect(throws: VerificationFailure.interaction(.degenerateChallenge(label))) {
            _ = try MatchVerifier.equations(honest) { $0.program(challenges) }
        }
        var attempt = scenario.attempt
        attempt.lies.transcript = { $0.program(challenges) }
        let degenerate = attempt
        #expect(throws: ArgumentError.interaction(.degenerateChallenge(label))) { _ = try degenerate.prove() }
    }

    /// One is no such value: with any single challenge forced to one on both sides an honest proof is accepted. (Folding
    /// by one on one side only, or any other mismatch, is refused.)
    @Test(arguments: drawn)
    func oneIsHarmless(label: ProofLabel) throws {
        let scenario = try scenario(label)
        var attempt = scenario.attempt
        let challenges = try program(label, .one, scenario)
        attempt.lies.transcript = { $0.program(challenges) }
        do {
            let envelope = try attempt.prove().envelope
            let equations = try MatchVerifier.equations(envelope) { $0.program(challenges) }
            var weights = SplitMix64(state: 4)
            #expect(equations.hold(using: &weights))
            #expect(try !Mutant.none.accepts(envelope))
        } catch let error as ArgumentError {
            // With every row coordinate one, the last, empty row is opened.
            #expect(error == .interaction(.degenerateOpening) && label == .openingRoundChallenge)
        }
    }

    /// The closing argument's own challenges, y, z, u, x, w and those of its inner product, forced to zero.
    @Test func zeroInTheClosingArgument() throws {
        let scenario = try Scenario()
        let envelope = try scenario.attempt.prove().envelope
        let before = try MessageMap(of: MatchStatement(scenario.login)).challenges.count
        let count = 5 + ceilLog2(scenario.attempt.shape.gateCount)
        for index in 0..<count {
            var challenges = (0..<before + count).map { Scalar(UInt64($0 + 2)) }
            challenges[before + index] = .zero
            let list = challenges
            #expect(throws: VerificationFailure.closing(.zeroChallenge)) {
                _ = try MatchVerifier.equations(envelope) { $0.program(list) }
            }
        }
    }

    /// Wrong numbers of masked scalars, which no decoder would let through.
    @Test func wrongNumberOfScalars() throws {
        var envelope = try Scenario().attempt.prove().envelope
        envelope.body.maskedScalars.append(.one)
        let longer = envelope
        #expect(throws: VerificationFailure.interaction(.surplusScalars)) { _ = try MatchVerifier.equations(longer) }
        envelope.body.maskedScalars.removeLast(2)
        let shorter = envelope
        #expect(throws: VerificationFailure.interaction(.missingScalar)) { _ = try MatchVerifier.equations(shorter) }
    }
}
