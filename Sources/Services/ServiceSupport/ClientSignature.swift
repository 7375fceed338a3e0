import Sodium

/// The signature by which a remote client shows that a proof is its own and meant for one verifier's place:
/// Ed25519 over `"semblance client v2" || u16le(len(origin)) || origin || SHA-512(proof)`, by the client key that the
/// challenge names.
public enum ClientSignature {
    /// The message that is signed.
    public static func message(origin: Origin, proof: [UInt8]) -> [UInt8] {
        Array("semblance client v2".utf8) + SignedText.field(origin.text) + Hash.sha512(proof)
    }

    /// The client's side: 64 bytes.
    public static func sign(origin: Origin, proof: [UInt8], with key: SigningKey) -> [UInt8] {
        key.sign(message(origin: origin, proof: proof))
    }

    /// Whether `signature` is valid under the 32-byte key `clientKey`; false for a malformed key or signature.
    public static func isValid(_ signature: [UInt8], origin: Origin, proof: [UInt8], clientKey: [UInt8]) -> Bool {
        guard let key = VerifyingKey(clientKey) else { return false }
        return key.isValid(signature: signature, for: message(origin: origin, proof: proof))
    }
}

/// The signature by which a verifier shows, to a client that drew `nonce`, that it holds its key and answers at this
/// origin: Ed25519 over `"semblance identity v1" || u16le(len(origin)) || origin || u16le(len(audience)) || audience ||
/// nonce`. A verifier signs only for origins of its own, so that nobody can pass its signature on as his.
public enum IdentitySignature {
    /// The length of a nonce in bytes.
    public static let nonceByteCount = 32

    /// The message that is signed.
    public static func message(origin: Origin, audience: String, nonce: [UInt8]) -> [UInt8] {
        Array("semblance identity v1".utf8) + SignedText.field(origin.text) + SignedText.field(audience) + nonce
    }
}

/// Text inside signed messages.
enum SignedText {
    /// `u16le(length) || text`. Origins and audiences have at most 512 bytes; what does not fit in the length would be
    /// ambiguous, and is cut.
    static func field(_ text: String) -> [UInt8] {
        let bytes = Array(text.utf8.prefix(Int(UInt16.max)))
        return withUnsafeBytes(of: UInt16(bytes.count).littleEndian) { Array($0) } + bytes
    }
}

/// A one-time token that entitles a remote client to enrol a subject: `semblance-enrol-RANDOM.FINGERPRINT`, both parts
/// hexadecimal. The fingerprint names the verifier's key, so that a client knows whom it may show the token to. Tokens
/// made by earlier versions have none.
public struct EnrolmentToken: Sendable {
    /// The part before the random one, by which scanners for leaked secrets can know a token.
    public static let prefix = "semblance-enrol-"
    private static let fingerprintByteCount = 16

    /// What is handed over. Secret until it is used up.
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
