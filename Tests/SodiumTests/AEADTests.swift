import Testing

@testable import Sodium

@Suite("XChaCha20-Poly1305")
struct AEADTests {
    let key = SecretBytes(copying: bytes("808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9f"))
    let nonce = bytes("404142434445464748494a4b4c4d4e4f5051525354555657")
    let additionalData = bytes("50515253c0c1c2c3c4c5c6c7")
    let plaintext = Array(
        ("Ladies and Gentlemen of the class of '99: If I could offer you only one tip for the future, "
            + "sunscreen would be it.").utf8
    )
    let ciphertextAndTag = bytes(
        """
        bd6d179d3e83d43b9576579493c0e939572a1700252bfaccbed2902c21396cbb731c7f1b0b4aa6440bf3a82f4eda7e39ae64c6708c54c216
        cb96b72e1213b4522f8c9ba40db5d945b11b69b982c1bb9e3f3fac2bc369488f76b2383565d3fff921f9664c97637da9768812f615c68b13
        b52ec0875924c1c7987947deafd8780acf49
        """
    )

    @Test("draft-irtf-cfrg-xchacha-03 appendix A.3.1")
    func publishedVector() throws {
        let sealed = plaintext.withUnsafeBytes {
            AEAD.seal($0, key: key, nonce: nonce, additionalData: additionalData)
        }
        #expect(sealed == nonce + ciphertextAndTag)
        #expect(try AEAD.open(nonce + ciphertextAndTag, key: key, additionalData: additionalData) == plaintext)
    }

    @Test("round trip, also of nothing, and the nonce is fresh each time", arguments: [0, 1, 63, 64, 65, 5000])
    func roundTrip(_ count: Int) throws {
        let message = SecureRandom.bytes(count)
        let sealed = AEAD.seal(message, key: key, additionalData: [1])
        #expect(sealed.count == count + AEAD.overheadByteCount)
        #expect(try AEAD.open(sealed, key: key, additionalData: [1]) == message)
        let secret = try AEAD.openSecret(sealed, key: key, additionalData: [1])
        #expect(secret.withUnsafeBytes { Array($0) } == message)
        #expect(AEAD.seal(message, key: key, additionalData: [1]) != sealed)
        #expect(AEAD.seal(secret, key: key, additionalData: [1]).count == sealed.count)
    }

    @Test("every flipped bit fails to authenticate")
    func flippedBits() {
        let sealed = AEAD.seal([1, 2, 3], key: key, additionalData: [9])
        for bit in 0..<sealed.count * 8 {
            var bad = sealed
            bad[bit / 8] ^= 1 << (bit % 8)
            #expect(throws: AEAD.OpenError.authenticationFailed) {
                try AEAD.open(bad, key: key, additionalData: [9])
            }
        }
    }

    @Test("other additional data, another key, an extension: not authentic; too short: truncated")
    func refusals() {
        let sealed = AEAD.seal([1, 2, 3], key: key, additionalData: [9])
        #expect(throws: AEAD.OpenError.authenticationFailed) { try AEAD.open(sealed, key: key) }
        #expect(throws: AEAD.OpenError.authenticationFailed) {
            try AEAD.open(sealed, key: .random(count: 32), additionalData: [9])
        }
        #expect(throws: AEAD.OpenError.authenticationFailed) {
            try AEAD.open(sealed + [0], key: key, additionalData: [9])
        }
        #expect(throws: AEAD.OpenError.authenticationFailed) {
            try AEAD.openSecret(Array(sealed.dropLast()), key: key, additionalData: [9])
        }
        for count in 0..<AEAD.overheadByteCount {
            #expect(throws: AEAD.OpenError.truncated) {
                try AEAD.open(Array(sealed.prefix(count)), key: key, additionalData: [9])
            }
        }
    }
}
