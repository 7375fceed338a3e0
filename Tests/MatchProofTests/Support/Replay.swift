import Ristretto255

@testable import MatchProof
@testable import Multilinear
@testable import ProofTestSupport

/// The verifier's run of a proof up to the closing argument: all that a forger may look at.
struct Replay {
    let challenges: OpeningVerifier.Challenges
    let constraints: ConstraintList
    /// c of the re-blinding clause.
    let reblindingChallenge: Scalar?
    /// Where the closing argument goes on.
    let transcript: ProofTranscript

    init(_ envelope: ProofEnvelope, prepare: (inout ProofTranscript) -> Void = { _ in }) throws {
        let statement = MatchStatement(envelope, part: 0)
        let body = envelope.body
        var replay = try ArgumentReplay(
            statement,
            transcript: statement.transcript(preparing: prepare),
            rows: statement.rows(embeddings: body.embeddingRows, multiplicities: body.multiplicityRows),
            messages: body.messages
        )
        reblindingChallenge = try body.reblinding?.challenge(&replay.transcript)
        challenges = replay.challenges
        constraints = replay.constraints
        transcript = replay.transcript
    }

    /// The group equation of the opening under this run's challenges; nil where an element is no point.
    func openingEquation(_ envelope: ProofEnvelope) -> Equation? {
        let statement = MatchStatement(envelope, part: 0)
        let body = envelope.body
        let rows = statement.rows(embeddings: body.embeddingRows, multiplicities: body.multiplicityRows)
        guard let points = try? ArgumentPoints(rows: rows, opening: body.opening) else { return nil }
        return OpeningVerifier.equation(
            statement.shape.opening,
            challenges,
            proof: body.opening,
            points: points
        )
    }

    init(_ envelope: ProofEnvelope, omitting labels: Set<ProofLabel>) throws {
        try self.init(envelope) { $0.checks.omittedLabels.formUnion(labels) }
    }
}
