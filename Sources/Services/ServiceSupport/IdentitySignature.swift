import Sodium

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
