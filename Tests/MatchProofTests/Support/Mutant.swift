import Multilinear
import Ristretto255
import Sodium

@testable import MatchProof

/// A proof system with parts left out on both sides, to show that they are needed.
struct Mutant {
    var labels: Set<ProofLabel> = []
    var families: Set<ConstraintFamily> = []

    /// The real system.
    static let none = Mutant()

    var experiment: VerifierExperiment {
        var experiment = VerifierExperiment()
        let labels = labels
        experiment.transcript = { $0.omitted.formUnion(labels) }
        experiment.initialConstraints.omitted = families
        return experiment
    }

    /// Whether this system's verifier accepts the proof proper, after a round trip through its encoding. Signatures are
    /// not looked at: `MatchVerifier.verify` checks them before.
    func accepts(_ envelope: ProofEnvelope) throws -> Bool {
        let decoded = try ProofEnvelope(decoding: envelope.encode(), model: { _ in envelope.model })
        guard let equations = try? MatchVerifier.equations(decoded, experiment: experiment) else { return false }
        var weights = SystemRandom()
        return equations.hold(using: &weights)
    }
}
