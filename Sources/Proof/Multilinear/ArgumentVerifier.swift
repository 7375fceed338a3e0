import Bulletproofs
import Commitments
import Ristretto255
import Sodium

/// What an argument sends between its rows and its closing argument, not checked. Its lengths are a function of the layout.
package struct ArgumentMessages: Sendable {
    /// To the wires.
    package var closingCommitments: ClosingCommitments
    /// Each `value - pad`, in the order of the constraint builder.
    package var maskedScalars: [Scalar]
    /// The opening's clear part; its sumcheck is among the masked scalars.
    package var opening: OpeningProof

    package init(closingCommitments: ClosingCommitments, maskedScalars: [Scalar], opening: OpeningProof) {
        self.closingCommitments = closingCommitments
        self.maskedScalars = maskedScalars
        self.opening = opening
    }
}

/// The decoded points of an argument, but for those of its closing argument.
package struct ArgumentPoints: Sendable {
    /// Rows in matrix order, those of the statement included.
    package var rows: [RistrettoPoint]
    /// The rows after them, where other statements have them too.
    package var sharedRows: SharedRows?
    var rowCount: Int { rows.count + (sharedRows?.points.count ?? 0) }
    /// D of the opening.
    package var maskCommitment: RistrettoPoint
    /// (L, R) of the opening's folding rounds.
    package var folds: [(left: RistrettoPoint, right: RistrettoPoint)]

    package init(
        rows: [RistrettoPoint],
        maskCommitment: RistrettoPoint,
        folds: [(left: RistrettoPoint, right: RistrettoPoint)]
    ) {
        self.rows = rows
        self.maskCommitment = maskCommitment
        self.folds = folds
    }

    /// - Throws: `invalidPoint` where an element is not the encoding of a point.
    package init(rows: [CompressedRistretto], opening: OpeningProof) throws(ArgumentError) {
        guard let rows = RistrettoPoint.decompressBatch(rows),
            let mask = opening.maskCommitment.decompress(),
            let folds = RistrettoPoint.decompressBatch(opening.folds.flatMap { [$0.left, $0.right] })
        else { throw .invalidPoint }
        self.init(
            rows: rows,
            maskCommitment: mask,
            folds: stride(from: 0, to: folds.count, by: 2).map { (folds[$0], folds[$0 + 1]) }
        )
    }
}

/// The equations that an argument stands on. All must hold.
package struct ArgumentEquations: Sendable {
    /// The opened value belongs to the committed rows.
    package var opening: Equation
    /// The wires behind the masked messages satisfy every constraint.
    package var closing: Equation

    package init(opening: Equation, closing: Equation) {
        self.opening = opening
        self.closing = closing
    }

    /// Both.
    package var all: [Equation] { [opening, closing] }
}

/// The verifier's run of an argument up to the closing argument: every challenge is drawn, every constraint built.
package struct ArgumentReplay<Statement: ArgumentStatement>: Sendable {
    /// Its message 0 came before all that was read.
    package let statement: Statement
    /// As many scalars, folds and vector entries as the layout says.
    package let messages: ArgumentMessages
    /// The opening's challenges and weights.
    package let challenges: OpeningVerifier.Challenges
    /// On the wires that the closing argument is about.
    package let constraints: ConstraintList
    /// Takes what a statement sends besides; where the closing argument goes on.
    package var transcript: ProofTranscript
    private let closing: ClosingVerifier

    /// - Parameters:
    ///   - transcript: has absorbed message 0.
    ///   - rows: all rows that are not in the statement, in matrix order.
    /// - Throws: `interaction` where the messages do not fit the layout or a challenge is degenerate, `closing` where a
    ///   commitment is the identity or not a point.
    package init(
        _ statement: Statement,
        transcript: ProofTranscript,
        rows: [CompressedRistretto],
        messages: ArgumentMessages
    ) throws(ArgumentError) {
        let layout = statement.layout
        guard messages.opening.folds.count == layout.opening.foldCount,
            messages.opening.vector.count == layout.opening.foldedCount
        else { throw .interaction(.wrongLength) }
        var transcript = transcript
        for row in rows { transcript.append(.row, point: row) }
        do {
            closing = try ClosingVerifier(
                gateCount: layout.gateCount,
                commitments: messages.closingCommitments,
                transcript: &transcript.merlin
            )
        } catch { throw .closing(error) }
        var channel = VerifierChannel(transcript: transcript, scalars: messages.maskedScalars)
        var constraints = ConstraintList(checks: transcript.checks)
        do {
            challenges = try statement.constraints(
                opening: messages.opening,
                channel: &channel,
                into: &constraints
            )
            try channel.finish()
        } catch { throw .interaction(error) }
        self.statement = statement
        self.messages = messages
        self.constraints = constraints
        self.transcript = channel.transcript
    }

    /// The equations that remain, the closing argument's included.
    package func equations(
        _ points: ArgumentPoints,
        closing proof: ClosingProof
    ) throws(ArgumentError) -> ArgumentEquations {
        let layout = statement.layout.opening
        guard points.rowCount <= layout.rowCount, points.folds.count == layout.foldCount else {
            throw .interaction(.wrongLength)
        }
        var transcript = transcript
        var weights = SystemRandom()
        do {
            let closing = try closing.verificationEquation(
                constraints: constraints.sparse,
                proof: proof,
                transcript: &transcript.merlin,
                randomness: &weights
            )
            return ArgumentEquations(
                opening: OpeningVerifier.equation(
                    layout,
                    challenges,
                    proof: messages.opening,
                    points: points
                ),
                closing: try Equation(closing)
            )
        } catch { throw .closing(error) }
    }
}
