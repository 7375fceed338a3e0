/// Who a verifier is.
public struct VerifierIdentity: Equatable, Sendable {
    /// Its name: the audience of challenges and the issuer of tokens.
    public let audience: String
    /// The Ed25519 key that signs challenges and receipts, 32 bytes: what provers pin.
    public let verifierKey: [UInt8]
    /// The Ed25519 key that signs tokens, 32 bytes.
    public let tokenKey: [UInt8]
    public let version: String
}
