import Sodium

/// A one-time token that entitles a remote client to enrol a subject: `semblance-enrol-RANDOM.FINGERPRINT`, both parts
/// hexadecimal. The fingerprint names the verifier's key, so that a client knows whom it may show the token to. Tokens
/// made by earlier versions have none.
public struct EnrolmentToken: Sendable {
    /// The part before the random one, by which scanners for leaked secrets can know a token.
    public static let prefix = "semblance-enrol-"
    private static let fingerprintByteCount = 16

    public let text: String
    /// The second part; nil in a token without one.
    private let fingerprint: String?

    /// A fresh token with 256 random bits for the verifier of this 32-byte key.
    public init(for verifierKey: [UInt8]) {
        let fingerprint = Self.fingerprint(of: verifierKey)
        self.text = Self.prefix + Hexadecimal.encode(SecureRandom.bytes(32)) + "." + fingerprint
        self.fingerprint = fingerprint
    }

    /// A token as it was handed over. Any text is one; what it is worth, the verifier knows.
    public init(_ text: String) {
        self.text = text
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        self.fingerprint = parts.dropFirst().last.map(String.init)
    }

    /// BLAKE2b-256 of a token's text: all that the verifier keeps.
    public static func hash(_ text: String) -> [UInt8] {
        Hash.blake2b(Array(text.utf8), count: 32)
    }

    /// Whether the token is for the verifier of this 32-byte key; nil where it does not say.
    public func isMeant(for verifierKey: [UInt8]) -> Bool? {
        fingerprint.map { $0 == Self.fingerprint(of: verifierKey) }
    }

    private static func fingerprint(of verifierKey: [UInt8]) -> String {
        Hexadecimal.encode(Hash.blake2b(verifierKey, count: fingerprintByteCount))
    }
}
