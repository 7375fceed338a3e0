import Ristretto255
import Sodium

@testable import Multilinear
@testable import ProofTestSupport

/// A proof system with parts left out on both sides, to show that they are needed.
struct NetworkMutant {
    var labels: Set<ProofLabel> = []
    var families: Set<ConstraintFamily> = []

    /// The real system.
    static let none = NetworkMutant()

    func prepare(_ transcript: inout ProofTranscript) {
        transcript.checks.omittedLabels.formUnion(labels)
        transcript.checks.omittedFamilies = families
    }

    func equations(_ proof: OfferedProof) throws -> ArgumentEquations {
        try proof.equations(prepare: prepare)
    }

    /// Whether this system's verifier accepts.
    func accepts(_ proof: OfferedProof) -> Bool {
        guard let equations = try? equations(proof) else { return false }
        var randomness = SystemRandom()
        return Equation.hold(equations.all, using: &randomness)
    }

    /// Which of the two group equations hold.
    func holding(_ proof: OfferedProof) throws -> (opening: Bool, closing: Bool) {
        let equations = try equations(proof)
        return (equations.opening.holds, equations.closing.holds)
    }
}
