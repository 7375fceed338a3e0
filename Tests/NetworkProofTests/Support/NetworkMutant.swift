import Bulletproofs
import Multilinear
import Ristretto255
import Sodium

@testable import NetworkProof

/// A proof system with parts left out on both sides, to show that they are needed.
struct NetworkMutant {
    var labels: Set<ProofLabel> = []
    var families: Set<ConstraintFamily> = []

    /// The real system.
    static let none = NetworkMutant()

    var experiment: NetworkExperiment {
        var experiment = NetworkExperiment()
        let labels = labels
        experiment.transcript = { $0.omitted.formUnion(labels) }
        experiment.initialConstraints.omitted = families
        return experiment
    }

    func equations(_ proof: OfferedProof) throws -> NetworkEquations {
        guard let points = RistrettoPoint.decompressBatch(proof.parameters) else {
            throw NetworkVerificationError.invalidPoint
        }
        return try NetworkVerifier.equations(
            proof.shape,
            proof.context,
            embeddingRow: proof.embeddingRow,
            body: proof.body,
            parameterPoints: points,
            experiment: experiment
        )
    }

    /// Whether this system's verifier accepts.
    func accepts(_ proof: OfferedProof) -> Bool {
        var randomness = SystemRandom()
        return (try? equations(proof))?.hold(using: &randomness) ?? false
    }

    /// Which of the two group equations hold.
    func holding(_ proof: OfferedProof) throws -> (opening: Bool, closing: Bool) {
        let equations = try equations(proof)
        let closing = try equations.closing.terms(generators: equations.closingGenerators, pedersen: .standard)
        var sum = GroupEquation()
        for (scalar, point) in zip(closing.scalars, closing.points) { sum.add(scalar, point) }
        return (equations.opening.holds, sum.holds)
    }
}
