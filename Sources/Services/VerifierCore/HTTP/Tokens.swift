import Encoding
import Foundation
import JWTKit
import Sodium

/// Signs tokens for verified logins: JSON web tokens with EdDSA (RFC 8037).
public struct TokenIssuer: Sendable {
    /// Seconds that a token is valid.
    public static let lifetime: UInt64 = 300

    private let audience: String
    private let keys: JWTKeyCollection
    private let keyIdentifier: String
    private let publicKey: [UInt8]

    /// - Parameter audience: the issuer that tokens name.
    public init(audience: String, keys verifierKeys: VerifierKeys) async throws {
        self.audience = audience
        self.publicKey = verifierKeys.tokens.publicKey.bytes
        self.keyIdentifier = Self.thumbprint(of: publicKey)
        let seed = verifierKeys.tokenSeed.withUnsafeBytes { Base64URL.encode(Array($0)) }
        self.keys = await JWTKeyCollection().add(
            eddsa: try EdDSA.PrivateKey(d: seed, curve: .ed25519),
            kid: JWKIdentifier(string: keyIdentifier)
        )
    }

    /// The token of a login.
    public func issue(for login: VerifiedLogin) async throws -> String {
        let payload = LoginToken(
            iss: IssuerClaim(value: audience),
            sub: SubjectClaim(value: login.subject),
            aud: AudienceClaim(value: login.purpose),
            iat: IssuedAtClaim(value: Date(timeIntervalSince1970: Double(login.time))),
            exp: ExpirationClaim(value: Date(timeIntervalSince1970: Double(login.time + Self.lifetime))),
            jti: IDClaim(value: Base64URL.encode(login.nonce)),
            amr: Self.methods(of: login),
            cnf: LoginToken.Confirmation(
                jwk: LoginToken.ClientKey(kty: "OKP", crv: "Ed25519", x: Base64URL.encode(login.clientKey))
            )
        )
        return try await keys.sign(payload, kid: JWKIdentifier(string: keyIdentifier))
    }

    /// The public key as a JSON web key.
    var jwk: JSON {
        [
            "kty": "OKP", "crv": "Ed25519", "alg": "EdDSA", "use": "sig", "kid": .string(keyIdentifier),
            "x": .string(Base64URL.encode(publicKey)),
        ]
    }

    private static func methods(of login: VerifiedLogin) -> [String] {
        switch (login.verdict, login.modality) {
        case (.biometric, .face): ["face", "user"]
        case (.biometric, .fingerprint): ["fpt", "user"]
        case (.possession, _): ["pop"]
        }
    }

    /// RFC 7638 (with the members that RFC 8037 section 2 requires).
    private static func thumbprint(of key: [UInt8]) -> String {
        let text = #"{"crv":"Ed25519","kty":"OKP","x":"\#(Base64URL.encode(key))"}"#
        return Base64URL.encode(Hash.sha256(Array(text.utf8)))
    }
}

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

/// The bearer token of the administrator's methods over HTTP. The configuration holds its hash only.
public enum AdministratorToken {
    static let prefix = "semblance-admin-"

    /// A fresh token with 256 random bits.
    public static func generate() -> String {
        prefix + Base64URL.encode(SecureRandom.bytes(32))
    }

    /// BLAKE2b-256 of the token's text, 32 bytes: no salt and no work factor, because tokens are random.
    public static func hash(_ token: String) -> [UInt8] {
        Hash.blake2b(Array(token.utf8), count: 32)
    }
}
