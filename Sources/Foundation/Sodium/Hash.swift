import CSodium

/// Hash functions of libsodium.
public enum Hash {
    /// BLAKE2b (RFC 7693). `count` is 16...64 bytes, `key` is empty or has 16...64 bytes (preconditions).
    public static func blake2b(_ data: [UInt8], count: Int = 32, key: [UInt8] = []) -> [UInt8] {
        key.withUnsafeBytes { blake2b(data, count: count, rawKey: $0) }
    }

    /// BLAKE2b (RFC 7693) keyed with 16...64 secret bytes. `count` is 16...64 bytes (preconditions).
    public static func blake2b(_ data: [UInt8], count: Int = 32, key: SecretBytes) -> [UInt8] {
        key.withUnsafeBytes { blake2b(data, count: count, rawKey: $0) }
    }

    /// SHA-256 (FIPS 180-4), 32 bytes.
    public static func sha256(_ data: [UInt8]) -> [UInt8] {
        var output = [UInt8](repeating: 0, count: 32)
        crypto_hash_sha256(&output, data, UInt64(data.count))
        return output
    }

    /// SHA-512 (FIPS 180-4), 64 bytes.
    public static func sha512(_ data: [UInt8]) -> [UInt8] {
        var output = [UInt8](repeating: 0, count: 64)
        crypto_hash_sha512(&output, data, UInt64(data.count))
        return output
    }

    private static func blake2b(_ data: [UInt8], count: Int, rawKey: UnsafeRawBufferPointer) -> [UInt8] {
        precondition((16...64).contains(count), "a BLAKE2b hash has 16 to 64 bytes")
        precondition(rawKey.isEmpty || (16...64).contains(rawKey.count), "a BLAKE2b key has 16 to 64 bytes")
        Sodium.initialise()
        var output = [UInt8](repeating: 0, count: count)
        let rawKeyBytes = rawKey.assumingMemoryBound(to: UInt8.self).baseAddress
        crypto_generichash_blake2b(&output, count, data, UInt64(data.count), rawKeyBytes, rawKey.count)
        return output
    }
}
