import Foundation
import JWTKit
import MatchProof
import Sodium
import Varlink

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
