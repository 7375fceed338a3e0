import ServiceSupport
import Sodium

/// Who a verifier is.
public struct VerifierIdentity: Equatable, Sendable {
    /// Its name: the audience of challenges and the issuer of tokens.
    public let audience: String
    /// The Ed25519 key that signs challenges and receipts, 32 bytes: what provers pin.
    public let verifierKey: [UInt8]
    /// The Ed25519 key that signs tokens, 32 bytes.
    public let tokenKey: [UInt8]
    /// Of the program.
    public let version: String
}

extension Verifier {
    /// The version that ``identity`` reports.
    public static let version = Release.version

    /// What anybody may know of this verifier.
    public var identity: VerifierIdentity {
        VerifierIdentity(
            audience: audience,
            verifierKey: keys.signing.publicKey.bytes,
            tokenKey: keys.tokens.publicKey.bytes,
            version: Self.version
        )
    }

    /// The signature that shows a client who drew `nonce` (32 bytes) that this verifier answers at `origin`.
    ///
    /// - Throws: `refused` for another place's origin: signed, it would let somebody there pass for this verifier;
    ///   `badRequest` for a nonce of another length.
    public func identitySignature(origin: Origin?, nonce: [UInt8]) throws(VerifierError) -> [UInt8] {
        guard nonce.count == IdentitySignature.nonceByteCount else { throw .badRequest }
        guard let origin, origins.contains(origin) else { throw .refused }
        return keys.signing.sign(IdentitySignature.message(origin: origin, audience: audience, nonce: nonce))
    }
}
