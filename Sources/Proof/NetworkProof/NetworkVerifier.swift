import Commitments
import Multilinear
import Ristretto255

/// Checks network proofs (`docs/protocol.md` section 7).
package enum NetworkVerifier {
    /// Replays the transcript and returns the equations that the proof stands on.
    ///
    /// - Parameter parameters: the model's rows.
    package static func equations(
        _ statement: NetworkStatement,
        embeddingRow: CompressedRistretto,
        body: NetworkProofBody,
        parameters: SharedRows
    ) throws(ArgumentError) -> ArgumentEquations {
        try equations(
            statement,
            embeddingRow: embeddingRow,
            body: body,
            parameters: parameters,
            transcript: statement.transcript()
        )
    }

    /// - Parameter transcript: has absorbed message 0.
    static func equations(
        _ statement: NetworkStatement,
        embeddingRow: CompressedRistretto,
        body: NetworkProofBody,
        parameters: SharedRows,
        transcript: ProofTranscript
    ) throws(ArgumentError) -> ArgumentEquations {
        let shape = statement.shape
        guard body.startRows.count == shape.startRows.count,
            body.startRows.count + body.witnessRows.count == shape.sentRowCount,
            parameters.points.count == shape.parameterRows.count
        else { throw .interaction(.wrongLength) }
        let rows = body.startRows + [embeddingRow] + body.witnessRows
        var points = try ArgumentPoints(rows: rows, opening: body.messages.opening)
        points.sharedRows = parameters
        return try ArgumentReplay(statement, transcript: transcript, rows: rows, messages: body.messages)
            .equations(points, closing: body.closing)
    }
}
