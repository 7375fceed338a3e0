import Bulletproofs
import Ristretto255
import Sodium

@testable import Commitments
@testable import MatchProof
@testable import Multilinear
@testable import ProofTestSupport

/// What a dishonest prover does between the steps of the honest one, which are the shipped ones. By default nothing.
struct MatchLies {
    /// Stands in for the operating system's generator.
    var system: any RandomNumberGenerator = SystemRandom()
    /// Before message 0.
    var transcript: (inout ProofTranscript) -> Void = { _ in }
    var newTemplate: (CompressedRistretto?) -> CompressedRistretto? = { $0 }
    var wires: (inout WireAssignment) -> Void = { _ in }
    /// The lookup's trees, with alpha and beta.
    var trees: (inout [any FractionLevels], Scalar, Scalar) -> Void = { _, _, _ in }
    /// The rows that the opening is made from.
    var matrix: (inout CommittedMatrix) -> Void = { _ in }
    /// The messages, once every challenge up to the closing argument is known.
    var messages: (inout SentMessages, OpeningProof, WireAssignment) throws -> Void = { _, _, _ in }
    /// A of the re-blinding clause.
    var reblindingCommitment: (CompressedRistretto) -> CompressedRistretto = { $0 }
    /// Looks at the constraints and the wires that should satisfy them.
    var inspection: (ConstraintList, WireAssignment) -> Void = { _, _ in }

    /// - Parameter shift: of a re-blinding.
    func prove(
        _ honest: MatchStatement,
        rows: [CompressedRistretto],
        witness: MatchWitness,
        shift: Scalar?,
        on mutant: Mutant = .none
    ) throws -> ProofBody {
        var statement = honest
        let shape = statement.shape
        statement.newTemplate = newTemplate(shift.flatMap { honest.reblinded(by: $0) })
        let transcript = statement.transcript { transcript in
            mutant.prepare(&transcript)
            self.transcript(&transcript)
        }
        var system = system
        var randomness = witness.hedgedRandomness(transcript, using: &system)
        let own = MatchRows(witness, shape: shape, randomness: &randomness)
        var wires = witness.assignWires(shape: shape, challenge: statement.challenge, randomness: &randomness)
        self.wires(&wires)
        let committed = try CommittedArgument(
            statement,
            transcript: transcript,
            rows: statement.rows(embeddings: rows, multiplicities: own.multiplicities),
            wires: wires,
            randomness: &randomness
        )
        var challenged = try committed.challenged()
        var trees = witness.trees(shape, challenged.challenges)
        self.trees(&trees, challenged.challenges.alpha, challenged.challenges.beta)
        let points = try challenged.lookUp(trees)
        let claims = try challenged.relate(witness, points: points)
        var matrix = own.matrix
        self.matrix(&matrix)
        var interacted = try challenged.open(matrix, claims: claims, randomness: &randomness)
        var reblinding: ReblindingClause?
        if let shift {
            let nonce = Scalar.random(using: &randomness)
            let commitment = RowGenerators.forWidth(shape.columnCount).blind(nonce).compress()
            reblinding = try ReblindingClause(
                shift: shift,
                nonce: nonce,
                commitment: reblindingCommitment(commitment),
                transcript: &interacted.transcript
            )
        }
        var sent = SentMessages(sent: interacted.messages.maskedScalars, challenges: interacted.challenges)
        try messages(&sent, interacted.messages.opening, wires)
        interacted.messages.maskedScalars = sent.sent
        inspection(try interacted.constraints(), wires)
        let messages = interacted.messages
        return ProofBody(
            embeddingRows: rows,
            multiplicityRows: own.multiplicities,
            newTemplate: statement.newTemplate,
            messages: messages,
            reblinding: reblinding,
            closing: try interacted.close()
        )
    }
}

extension ProofBody {
    var closingCommitments: ClosingCommitments {
        get { messages.closingCommitments }
        set { messages.closingCommitments = newValue }
    }

    var maskedScalars: [Scalar] {
        get { messages.maskedScalars }
        set { messages.maskedScalars = newValue }
    }

    var opening: OpeningProof {
        get { messages.opening }
        set { messages.opening = newValue }
    }
}
