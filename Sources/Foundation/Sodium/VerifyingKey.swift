import CSodium

/// An Ed25519 public key (RFC 8032).
public struct VerifyingKey: Hashable, Sendable {
    /// The length of a key in bytes.
    public static let byteCount = 32
    /// The length of a signature in bytes.
    public static let signatureByteCount = 64

    /// The encoded point, 32 bytes.
    public let bytes: [UInt8]

    /// Nil unless `bytes` are the canonical encoding of a point of the prime-order subgroup other than the identity,
    /// which every honestly generated key is.
    public init?(_ bytes: some Collection<UInt8>) {
        guard bytes.count == Self.byteCount else { return nil }
        Sodium.initialise()
        let copy = Array(bytes)
        guard crypto_core_ed25519_is_valid_point(copy) == 1 else { return nil }
        self.bytes = copy
    }

    /// Whether `signature` is this key's signature of `message`. A signature of another length, with a non-canonical
    /// S or with a small-order R is invalid.
    public func isValid(signature: [UInt8], for message: [UInt8]) -> Bool {
        guard signature.count == Self.signatureByteCount else { return false }
        return crypto_sign_verify_detached(signature, message, UInt64(message.count), bytes) == 0
    }
}
