import CSodium

/// An Ed25519 private key (RFC 8032), in `sodium_malloc` memory.
public final class SigningKey: Sendable {
    /// The length of a seed in bytes.
    public static let seedByteCount = 32

    /// The public half.
    public let publicKey: VerifyingKey
    private let expanded: SecretBytes  // seed || public key, libsodium's form

    /// A fresh random key.
    public convenience init() {
        let seed = SecretBytes.random(count: Self.seedByteCount)
        guard let pair = Self.expand(seed) else { fatalError("Ed25519 key generation failed") }
        self.init(pair)
    }

    /// The key of a 32-byte seed (RFC 8032 section 5.1.5); nil for any other length.
    public convenience init?(seed: SecretBytes) {
        guard let pair = Self.expand(seed) else { return nil }
        self.init(pair)
    }

    /// The key of a 32-byte seed (RFC 8032 section 5.1.5); nil for any other length.
    public convenience init?(seed: [UInt8]) {
        self.init(seed: SecretBytes(copying: seed))
    }

    private init(_ pair: (publicKey: VerifyingKey, expanded: SecretBytes)) {
        self.publicKey = pair.publicKey
        self.expanded = pair.expanded
    }

    /// The 64-byte signature of `message`, deterministic as in RFC 8032.
    public func sign(_ message: [UInt8]) -> [UInt8] {
        var signature = [UInt8](repeating: 0, count: VerifyingKey.signatureByteCount)
        _ = expanded.withPointer { crypto_sign_detached(&signature, nil, message, UInt64(message.count), $0) }
        return signature
    }

    private static func expand(_ seed: SecretBytes) -> (publicKey: VerifyingKey, expanded: SecretBytes)? {
        guard seed.count == seedByteCount else { return nil }
        Sodium.initialise()
        var publicBytes = [UInt8](repeating: 0, count: VerifyingKey.byteCount)
        let expanded = SecretBytes(count: 64) { output in
            guard let output = output.assumingMemoryBound(to: UInt8.self).baseAddress else { return }
            _ = seed.withPointer { crypto_sign_seed_keypair(&publicBytes, output, $0) }
        }
        guard let publicKey = VerifyingKey(publicBytes) else { return nil }
        return (publicKey, expanded)
    }
}

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
