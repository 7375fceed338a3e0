import Foundation
import JWTKit

/// The claims of the token that a verified login earns (RFC 7519).
struct LoginToken: JWTPayload, Equatable {
    /// The verifier.
    let iss: IssuerClaim
    let sub: SubjectClaim
    /// The purpose that the challenge named: the service for which the token is.
    let aud: AudienceClaim
    let iat: IssuedAtClaim
    let exp: ExpirationClaim
    /// The challenge's nonce.
    let jti: IDClaim
    /// Authentication methods (RFC 8176): `face` or `fpt` with `user` for a biometric verdict; `pop` otherwise.
    let amr: [String]
    /// The only client that may present the token (RFC 7800).
    let cnf: Confirmation

    struct Confirmation: Codable, Equatable, Sendable {
        let jwk: ClientKey
    }

    /// An Ed25519 key as RFC 8037 writes it.
    struct ClientKey: Codable, Equatable, Sendable {
        let kty: String
        let crv: String
        let x: String
    }

    func verify(using algorithm: some JWTAlgorithm) throws {
        try exp.verifyNotExpired()
    }
}
