import CSodium

/// XChaCha20-Poly1305 in the IETF construction (draft-irtf-cfrg-xchacha-03) with a random nonce in front.
///
/// A sealed message is `nonce (24 bytes) || ciphertext || tag (16 bytes)`.
public enum AEAD {
    /// The length of a key in bytes.
    public static let keyByteCount = 32
    /// The length of the nonce in bytes.
    public static let nonceByteCount = 24
    /// The length of the authentication tag in bytes.
    public static let tagByteCount = 16
    /// How much longer a sealed message is than its plaintext.
    public static let overheadByteCount = nonceByteCount + tagByteCount

    /// Why a sealed message could not be opened.
    public enum OpenError: Error, Equatable {
        /// Shorter than nonce and tag together.
        case truncated
        /// The tag does not fit key, nonce, ciphertext and additional data.
        case authenticationFailed
    }

    /// Seals `plaintext` under a fresh random nonce. `key` has 32 bytes (precondition).
    public static func seal(_ plaintext: [UInt8], key: SecretBytes, additionalData: [UInt8] = []) -> [UInt8] {
        plaintext.withUnsafeBytes { seal($0, key: key, nonce: nil, additionalData: additionalData) }
    }

    /// Seals the bytes of `plaintext` under a fresh random nonce. `key` has 32 bytes (precondition).
    public static func seal(_ plaintext: SecretBytes, key: SecretBytes, additionalData: [UInt8] = []) -> [UInt8] {
        plaintext.withUnsafeBytes { seal($0, key: key, nonce: nil, additionalData: additionalData) }
    }

    /// Opens what ``seal(_:key:additionalData:)`` made. `key` has 32 bytes (precondition).
    public static func open(
        _ sealed: [UInt8],
        key: SecretBytes,
        additionalData: [UInt8] = []
    ) throws(OpenError) -> [UInt8] {
        var plaintext = [UInt8](repeating: 0, count: max(0, sealed.count - overheadByteCount))
        let failure = plaintext.withUnsafeMutableBytes { output in
            open(sealed, key: key, additionalData: additionalData, into: output)
        }
        if let failure { throw failure }
        return plaintext
    }

    /// Opens into memory of `sodium_malloc`. `key` has 32 bytes (precondition).
    public static func openSecret(
        _ sealed: [UInt8],
        key: SecretBytes,
        additionalData: [UInt8] = []
    ) throws(OpenError) -> SecretBytes {
        try SecretBytes(count: max(0, sealed.count - overheadByteCount)) { output throws(OpenError) in
            if let failure = open(sealed, key: key, additionalData: additionalData, into: output) { throw failure }
        }
    }

    /// As ``seal(_:key:additionalData:)`` under a nonce that the caller chose: only published vectors want that.
    static func seal(
        _ plaintext: UnsafeRawBufferPointer,
        key: SecretBytes,
        nonce chosen: [UInt8]?,
        additionalData: [UInt8]
    ) -> [UInt8] {
        precondition(key.count == keyByteCount, "an XChaCha20-Poly1305 key has 32 bytes")
        Sodium.initialise()
        let nonce = chosen ?? SecureRandom.bytes(nonceByteCount)
        precondition(nonce.count == nonceByteCount, "an XChaCha20-Poly1305 nonce has 24 bytes")
        var sealed = nonce + [UInt8](repeating: 0, count: plaintext.count + tagByteCount)
        sealed.withUnsafeMutableBufferPointer { output in
            guard let output = output.baseAddress else { return }
            _ = key.withPointer {
                crypto_aead_xchacha20poly1305_ietf_encrypt(
                    output + nonceByteCount,
                    nil,
                    plaintext.assumingMemoryBound(to: UInt8.self).baseAddress,
                    UInt64(plaintext.count),
                    additionalData,
                    UInt64(additionalData.count),
                    nil,
                    nonce,
                    $0
                )
            }
        }
        return sealed
    }

    private static func open(
        _ sealed: [UInt8],
        key: SecretBytes,
        additionalData: [UInt8],
        into output: UnsafeMutableRawBufferPointer
    ) -> OpenError? {
        precondition(key.count == keyByteCount, "an XChaCha20-Poly1305 key has 32 bytes")
        guard sealed.count >= overheadByteCount else { return .truncated }
        Sodium.initialise()
        let status: CInt = sealed.withUnsafeBufferPointer { input in
            guard let input = input.baseAddress else { return -1 }
            return key.withPointer {
                crypto_aead_xchacha20poly1305_ietf_decrypt(
                    output.assumingMemoryBound(to: UInt8.self).baseAddress,
                    nil,
                    nil,
                    input + nonceByteCount,
                    UInt64(sealed.count - nonceByteCount),
                    additionalData,
                    UInt64(additionalData.count),
                    input,
                    $0
                )
            }
        }
        return status == 0 ? nil : .authenticationFailed
    }
}

extension AEAD.OpenError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .truncated: "the sealed message is too short"
        case .authenticationFailed: "the sealed message was altered, or sealed under another key"
        }
    }
}
