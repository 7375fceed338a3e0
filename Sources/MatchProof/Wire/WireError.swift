/// Why a byte string is not a well-formed message. Decoding is total: any input gives a value or one of these.
///
/// The names serve tests and the verifier's own log; a peer is never told which one applied.
public enum WireError: Error, Equatable, Sendable {
    case truncated
    case trailingBytes
    case badMagic
    case unsupportedVersion
    case unsupportedSuite
    case unknownValue(field: Field)
    case outOfRange(field: Field)
    case invalidString(field: Field)
    case invalidPoint(field: Field)
    case identityPoint(field: Field)
    case nonCanonicalScalar(field: Field)

    /// The fields of every message, by the names that `docs/protocol.md` uses.
    public enum Field: String, Sendable {
        case role, modality, assurance, audience, purpose, subject, label, nonce, clientKey, template, epoch, model
        case dimension, threshold, minimumNorm, samples, issuedAt, expiresAt, signature, attestation, time
        case embeddingRow, multiplicityRow, newTemplate, closingCommitment, maskedScalar, openingCommitment
        case openingScalar, foldingPoint, foldedVector, reblindCommitment, reblindResponse, closingProof
        case values, blinder, commitment, kind, startRow, witnessRow
    }
}
