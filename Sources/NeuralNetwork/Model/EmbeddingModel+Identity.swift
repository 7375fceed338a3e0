import CSodium

extension EmbeddingModel {
    /// The name of a model: SHA-256 of a domain prefix and the canonical body.
    ///
    /// The only place that knows how an identity is made, so that it can become a hash over row commitments.
    static func computeIdentity(ofBody body: [UInt8]) -> [UInt8] {
        let input = Array("semblance model v1\0".utf8) + body
        var digest = [UInt8](repeating: 0, count: 32)
        // SHA-256 in libsodium needs no initialisation and cannot fail.
        crypto_hash_sha256(&digest, input, UInt64(input.count))
        return digest
    }
}
