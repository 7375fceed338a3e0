import Bulletproofs
import Multilinear
import Ristretto255

@testable import Commitments
@testable import MatchProof

/// The verifier's run of a proof up to the closing argument: all that a forger may look at.
struct Replay {
    let transcription: OpeningVerifier.Transcription
    let constraints: ConstraintList
    /// c of the re-blinding clause.
    let reblindingChallenge: Scalar?
    /// Where the closing argument goes on.
    let transcript: ProofTranscript

    init(_ envelope: ProofEnvelope, prepare: (inout ProofTranscript) -> Void = { _ in }) throws {
        let statement = envelope.challenge.challenge
        let body = envelope.body
        let shape = MatchShape(statement)
        var transcript = MatchTranscript.open(
            challenge: envelope.challenge,
            attestations: envelope.attestations,
            newTemplate: body.newTemplate,
            modifying: prepare
        )
        MatchTranscript.absorb(
            embeddings: body.embeddingRows,
            template: statement.template,
            multiplicities: body.multiplicityRows,
            into: &transcript
        )
        _ = try ClosingVerifier(
            gateCount: shape.gateCount,
            commitments: body.closingCommitments,
            transcript: &transcript.merlin
        )
        var channel = VerifierChannel(transcript: transcript, scalars: body.maskedScalars)
        var constraints = ConstraintList()
        transcription = try MatchConstraints.build(
            shape: shape,
            challenge: statement,
            opening: body.opening,
            channel: &channel,
            constraints: &constraints
        )
        self.constraints = constraints
        if let clause = body.reblinding {
            channel.transcript.append(.reblindCommitment, point: clause.commitment)
            reblindingChallenge = try channel.transcript.challenge(.reblindChallenge)
            channel.transcript.append(.reblindResponse, scalar: clause.response)
        } else {
            reblindingChallenge = nil
        }
        self.transcript = channel.transcript
    }

    /// The group equation of the opening under this run's challenges; nil where an element is no point.
    func openingEquation(_ envelope: ProofEnvelope) -> GroupEquation? {
        let statement = envelope.challenge.challenge
        let body = envelope.body
        let shape = MatchShape(statement)
        let encoded = body.embeddingRows + (statement.template.map { [$0] } ?? []) + body.multiplicityRows
        let rows = encoded.compactMap { $0.decompress() }
        let lefts = body.opening.folds.compactMap { $0.left.decompress() }
        let rights = body.opening.folds.compactMap { $0.right.decompress() }
        guard let mask = body.opening.maskCommitment.decompress(), rows.count == encoded.count,
            lefts.count == body.opening.folds.count, rights.count == lefts.count
        else { return nil }
        return OpeningVerifier.groupEquation(
            shape.opening,
            transcription,
            proof: body.opening,
            rows: rows,
            maskCommitment: mask,
            folds: Array(zip(lefts, rights)),
            generators: RowGenerators.forWidth(shape.columnCount)
        )
    }

    init(_ envelope: ProofEnvelope, omitting labels: Set<ProofLabel>) throws {
        try self.init(envelope) { $0.omitted.formUnion(labels) }
    }
}
