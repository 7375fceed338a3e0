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
        var experiment = NetworkExperiment()
        experiment.transcript = { $0.forced[label] = .zero }
        let points = try #require(RistrettoPoint.decompressBatch(honest.parameters))
        let careless = experiment
        #expect(throws: NetworkVerificationError.interaction) {
            _ = try NetworkVerifier.equations(
                honest.shape,
                honest.context,
                embeddingRow: honest.embeddingRow,
                body: honest.body,
                parameterPoints: points,
                experiment: careless
            )
        }
        attempt.experiment.transcript = { $0.forced[label] = .zero }
        let degenerate = attempt
        #expect(throws: InteractionError.degenerateChallenge(label)) { _ = try degenerate.prove() }
    }

    /// One, and minus one, are no such values: with any challenge forced to them on both sides an honest proof is
    /// accepted, and refused where it is not.
    @Test(arguments: drawn)
    func oneIsHarmless(label: ProofLabel) throws {
        for value in [Scalar.one, -Scalar.one] {
            var attempt = try NetworkAttempt(TestNetworks.small)
            attempt.experiment.transcript = { $0.forced[label] = value }
            do {
                let proof = try attempt.prove().proof
                var experiment = NetworkExperiment()
                experiment.transcript = { $0.forced[label] = value }
                let equations = try NetworkVerifier.equations(
                    proof.shape,
                    proof.context,
                    embeddingRow: proof.embeddingRow,
                    body: proof.body,
                    parameterPoints: try #require(RistrettoPoint.decompressBatch(proof.parameters)),
                    experiment: experiment
                )
                var weights = SplitMix(state: 4)
                #expect(equations.hold(using: &weights))
                #expect(!NetworkMutant.none.accepts(proof))
            } catch let error as InteractionError {
                // With every coordinate one, the last, empty row is opened.
                #expect(error == .degenerateOpening && label == .openingRoundChallenge)
            }
        }
    }

    /// The closing argument's own challenges.
    @Test func zeroInTheClosingArgument() throws {
        let proof = try NetworkAttempt(TestNetworks.small).prove().proof
        let before = try MessageMap(proof.shape).challenges.count
        let points = try #require(RistrettoPoint.decompressBatch(proof.parameters))
        let count = 5 + ceilLog2(proof.shape.gateCount)
        for index in 0..<count {
            var challenges = (0..<before + count).map { Scalar(UInt64($0 + 2)) }
            challenges[before + index] = .zero
            let list = challenges
            var experiment = NetworkExperiment()
            experiment.transcript = { $0.merlin.programmedChallenges = list }
            let programmed = experiment
            #expect(throws: NetworkVerificationError.closing) {
                _ = try NetworkVerifier.equations(
                    proof.shape,
                    proof.context,
                    embeddingRow: proof.embeddingRow,
                    body: proof.body,
                    parameterPoints: points,
                    experiment: programmed
                )
            }
        }
    }
}
