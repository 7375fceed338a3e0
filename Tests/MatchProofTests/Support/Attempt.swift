import Models
import Multilinear
import NetworkProof
import Ristretto255

@testable import Commitments
@testable import MatchProof
@testable import Statement

/// What a dishonest prover works from: a witness that need not meet the statement, and experiments on the protocol.
struct Attempt {
    let challenge: SignedChallenge
    let shape: MatchShape
    var rows: [CompressedRistretto]
    var attestations: [SensorAttestation?]
    var witness: MatchWitness
    /// Of a re-blinding.
    var shift: Scalar?
    var experiment = ProverExperiment()
    /// At `head` and `full`.
    var model: PublishedModel?
    var networkProofs: [NetworkProofBody] = []

    init(_ challenge: SignedChallenge, samples: [EmbeddingOpening], template: TemplateOpening?) {
        self.challenge = challenge
        shape = MatchShape(challenge.challenge)
        rows = samples.map(\.commitment)
        attestations = samples.map { _ in nil }
        witness = MatchWitness(shape: shape, samples: samples, template: template)
        shift = challenge.challenge.role == .reblind ? Scalar(0x5eed) : nil
    }

    /// Changes a vector, commits to it anew if it is a sample's, and recomputes every inner product and norm from it,
    /// but not the multiplicities.
    mutating func changeVector(_ index: Int, _ change: (inout [Scalar]) -> Void) {
        change(&witness.vectors[index])
        if index < rows.count {
            rows[index] = RowGenerators.forWidth(shape.columnCount)
                .commit(witness.vectors[index], blinder: witness.blinders[index]).compress()
        }
        let vectors = witness.vectors
        witness.innerProducts = shape.pairs.map { Scalar.innerProduct(vectors[$0.first], vectors[$0.second]) }
        witness.norms = vectors.map { Scalar.innerProduct($0, $0) }
    }

    /// Proves with the public prover's code and no check of the witness.
    ///
    /// - Returns: the proof and the families of constraints that the prover's wires violate.
    func prove(on mutant: Mutant = .none) throws -> (envelope: ProofEnvelope, violated: Set<ConstraintFamily>) {
        var experiment = experiment
        let prepare = experiment.transcript
        experiment.transcript = { transcript in
            transcript.omitted.formUnion(mutant.labels)
            prepare(&transcript)
        }
        experiment.initialConstraints.omitted = mutant.families
        var violated: Set<ConstraintFamily> = []
        let inspect = experiment.inspection
        experiment.inspection = { constraints, wires in
            violated = constraints.violated(by: wires)
            inspect(constraints, wires)
        }
        let envelope = try MatchProver.proveUnchecked(
            challenge,
            shape: shape,
            rows: rows,
            attestations: attestations,
            model: model,
            networkProofs: networkProofs,
            witness: witness,
            reblindingShift: shift,
            experiment: experiment
        )
        return (envelope, violated)
    }
}
