import Ristretto255

@testable import NetworkProof

/// A network proof with all that a verifier takes from elsewhere.
struct OfferedProof {
    var shape: NetworkShape
    var context: NetworkContext
    var embeddingRow: CompressedRistretto
    /// The registered model's parameter rows.
    var parameters: [CompressedRistretto]
    var body: NetworkProofBody

    /// All committed rows in matrix order.
    var rows: [CompressedRistretto] { body.startRows + [embeddingRow] + body.witnessRows + parameters }
}
