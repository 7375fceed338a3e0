import MatchProof

/// A login that was verified: what a token may say.
public struct VerifiedLogin: Equatable, Sendable {
    public let subject: String
    public let purpose: String
    public let modality: Modality
    public let verdict: Verdict
    /// The client to whom the challenge was issued: an Ed25519 key, or 32 zero bytes for a local connection.
    public let clientKey: [UInt8]
    /// The challenge's nonce, 32 bytes; serves as the token's id.
    public let nonce: [UInt8]
    /// Seconds since 1970-01-01 UTC.
    public let time: UInt64
}
