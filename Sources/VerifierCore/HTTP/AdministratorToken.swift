import Sodium

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
