import Sodium

/// A one-time token that entitles a remote client to enrol a subject. The verifier keeps only its hash.
public enum EnrolmentToken {
    /// The part before the random one, by which scanners for leaked secrets can know a token.
    static let prefix = "semblance-enrol-"

    /// A fresh token with 256 random bits.
    static func generate() -> String {
        prefix + Base64URL.encode(SecureRandom.bytes(32))
    }

    /// BLAKE2b-256 of the token's text.
    static func hash(_ token: String) -> [UInt8] {
        Hash.blake2b(Array(token.utf8), count: 32)
    }
}
