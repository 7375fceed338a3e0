import Sodium

/// The signature by which a remote client shows that it owns the client key named in the challenge:
/// Ed25519 over `"semblance client v1" || SHA-512(proof)`.
public enum ClientSignature {
    /// The message that is signed, 83 bytes.
    public static func message(proof: [UInt8]) -> [UInt8] {
        Array("semblance client v1".utf8) + Hash.sha512(proof)
    }

    /// The client's side: 64 bytes.
    public static func sign(proof: [UInt8], with key: SigningKey) -> [UInt8] {
        key.sign(message(proof: proof))
    }

    /// Whether `signature` is valid under the 32-byte key `clientKey`; false for a malformed key or signature.
    static func isValid(_ signature: [UInt8], proof: [UInt8], clientKey: [UInt8]) -> Bool {
        guard let key = VerifyingKey(clientKey) else { return false }
        return key.isValid(signature: signature, for: message(proof: proof))
    }
}
