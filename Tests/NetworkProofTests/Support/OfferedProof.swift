import Commitments
import Ristretto255

@testable import Multilinear
@testable import NetworkProof
@testable import ProofTestSupport

extension NetworkStatement {
    /// Of any context, where only the shape matters.
    init(_ shape: NetworkShape) {
        self.init(
            shape,
            NetworkContext(challenge: [], attestation: [], model: [], sample: 0, start: shape.start)
        )
    }
}

/// A network proof with all that a verifier takes from elsewhere.
struct OfferedProof {
    var shape: NetworkShape
    var context: NetworkContext
    var embeddingRow: CompressedRistretto
    /// The registered model's parameter rows.
    var parameters: [CompressedRistretto]
    var body: NetworkProofBody

    var statement: NetworkStatement { NetworkStatement(shape, context) }

    /// The rows that are absorbed, in matrix order.
    var absorbedRows: [CompressedRistretto] { body.startRows + [embeddingRow] + body.witnessRows }

    /// All committed rows in matrix order.
    var rows: [CompressedRistretto] { absorbedRows + parameters }

    /// The shipped verifier's equations.
    ///
    /// - Parameter prepare: what is done to its transcript before message 0.
    func equations(prepare: (inout ProofTranscript) -> Void = { _ in }) throws -> ArgumentEquations {
        guard let points = RistrettoPoint.decompressBatch(parameters) else { throw ArgumentError.invalidPoint }
        return try NetworkVerifier.equations(
            statement,
            embeddingRow: embeddingRow,
            body: body,
            parameters: SharedRows(points),
            transcript: statement.transcript(preparing: prepare)
        )
    }

    /// The verifier's run up to the closing argument: what it learns besides its verdict.
    func replay(prepare: (inout ProofTranscript) -> Void = { _ in }) throws -> ArgumentReplay<NetworkStatement> {
        try ArgumentReplay(
            statement,
            transcript: statement.transcript(preparing: prepare),
            rows: absorbedRows,
            messages: body.messages
        )
    }

    func replay(omitting labels: Set<ProofLabel>) throws -> ArgumentReplay<NetworkStatement> {
        try replay { $0.checks.omittedLabels.formUnion(labels) }
    }
}
