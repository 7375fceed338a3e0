import Models
import Multilinear
import NetworkProof
import Ristretto255
import Sodium

@testable import Commitments
@testable import MatchProof
@testable import Statement

/// What a dishonest prover works from: a witness that need not meet the statement, and lies about the rest.
struct Attempt {
    let challenge: SignedChallenge
    let part: StatementPart
    var partDigest: [UInt8]
    let shape: MatchShape
    var rows: [CompressedRistretto]
    var attestations: [SensorAttestation?]
    var witness: MatchWitness
    /// Of a re-blinding.
    var shift: Scalar?
    var lies = MatchLies()
    /// At `head` and `full`.
    var model: PublishedModel?
    var networkProofs: [NetworkProofBody] = []

    init(
        _ challenge: SignedChallenge,
        part: StatementPart = .whole,
        partDigest: [UInt8] = [],
        samples: [EmbeddingOpening],
        template: TemplateOpening?
    ) {
        self.challenge = challenge
        self.part = part
        self.partDigest = partDigest
        shape = MatchShape(challenge.challenge.statement(of: part))
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

    /// Proves with the public prover's steps and no check of the witness.
    ///
    /// - Returns: the proof and the families of constraints that the prover's wires violate.
    func prove(on mutant: Mutant = .none) throws -> (envelope: ProofEnvelope, violated: Set<ConstraintFamily>) {
        var lies = lies
        var violated: Set<ConstraintFamily> = []
        let inspect = lies.inspection
        lies.inspection = { constraints, wires in
            violated = constraints.violated(by: wires)
            inspect(constraints, wires)
        }
        let body = try lies.prove(
            MatchStatement(
                challenge,
                part: part,
                attestations: attestations,
                partDigest: partDigest,
                networkDigests: networkProofs.map { Hash.sha256($0.encode()) }
            ),
            rows: rows,
            witness: witness,
            shift: shift,
            on: mutant
        )
        let envelope = ProofEnvelope(
            challenge: challenge,
            attestations: attestations,
            parts: [EnvelopePart(part: part, model: model, networkProofs: networkProofs, body: body)]
        )
        return (envelope, violated)
    }
}
