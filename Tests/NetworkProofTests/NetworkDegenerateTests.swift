import Commitments
import Multilinear
import Ristretto255
import Testing

@testable import NetworkProof
@testable import ProofTestSupport
@testable import Transcript

/// Challenges at which a network proof is undefined are errors with a name, on both sides; none is a trap.
@Suite struct NetworkDegenerateTests {
    private static let drawn: [ProofLabel] = ProofLabel.allCases.filter {
        if case .challenge = NetworkAbsorptionForgery.finding(for: $0) { true } else { false }
    }

    @Test(arguments: drawn)
    func zeroIsNamed(label: ProofLabel) throws {
        var attempt = try NetworkAttempt(TestNetworks.small)
        let honest = try attempt.prove().proof
        let challenges = try MessageMap(of: honest.statement).program(label, .zero)
        #expect(throws: ArgumentError.interaction(.degenerateChallenge(label))) {
            _ = try honest.equations { $0.program(challenges) }
        }
        attempt.lies.transcript = { $0.program(challenges) }
        let degenerate = attempt
        #expect(throws: ArgumentError.interaction(.degenerateChallenge(label))) { _ = try degenerate.prove() }
    }

    /// One, and minus one, are no such values: with any challenge forced to them on both sides an honest proof is
    /// accepted, and refused where it is not.
    @Test(arguments: drawn)
    func oneIsHarmless(label: ProofLabel) throws {
        for value in [Scalar.one, -Scalar.one] {
            var attempt = try NetworkAttempt(TestNetworks.small)
            let challenges = try MessageMap(of: NetworkStatement(attempt.shape)).program(label, value)
            attempt.lies.transcript = { $0.program(challenges) }
            do {
                let proof = try attempt.prove().proof
                let equations = try proof.equations { $0.program(challenges) }
                var weights = SplitMix(state: 4)
                #expect(Equation.hold(equations.all, using: &weights))
                #expect(!NetworkMutant.none.accepts(proof))
            } catch let error as ArgumentError {
                // With every coordinate one, the last, empty row is opened.
                #expect(error == .interaction(.degenerateOpening) && label == .openingRoundChallenge)
            }
        }
    }

    /// The closing argument's own challenges.
    @Test func zeroInTheClosingArgument() throws {
        let proof = try NetworkAttempt(TestNetworks.small).prove().proof
        let before = try MessageMap(of: proof.statement).challenges.count
        let count = 5 + ceilLog2(proof.shape.gateCount)
        for index in 0..<count {
            var challenges = (0..<before + count).map { Scalar(UInt64($0 + 2)) }
            challenges[before + index] = .zero
            let list = challenges
            #expect(throws: ArgumentError.closing(.zeroChallenge)) {
                _ = try proof.equations { $0.program(list) }
            }
        }
    }
}
