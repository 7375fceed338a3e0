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
