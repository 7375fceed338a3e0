import Testing

@testable import Sodium

/// One test of RFC 8032 section 7.1.
struct Ed25519Vector: Sendable, CustomTestStringConvertible {
    let name: String
    let seed: String
    let publicKey: String
    let message: String
    let signature: String

    var testDescription: String { name }

    static let all: [Ed25519Vector] = [
        .init(
            name: "TEST 1",
            seed: "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
            publicKey: "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
            message: "",
            signature: """
                e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e06522490155
                5fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b
                """
        ),
        .init(
            name: "TEST 2",
            seed: "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
            publicKey: "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
            message: "72",
            signature: """
                92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da
                085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00
                """
        ),
        .init(
            name: "TEST 3",
            seed: "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
            publicKey: "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
            message: "af82",
            signature: """
                6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac
                18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a
                """
        ),
        .init(
            name: "TEST SHA(abc)",
            seed: "833fe62409237b9d62ec77587520911e9a759cec1d19755b7da901b96dca3d42",
            publicKey: "ec172b93ad5e563bf4932c70e1245034c35467ef2efd4d64ebf819683467e2bf",
            message: """
                ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a
                2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f
                """,
            signature: """
                dc2a4459e7369633a52b1bf277839a00201009a3efbf3ecb69bea2186c26b589
                09351fc9ac90b3ecfdfbc7c66431e0303dca179c138ac17ad9bef1177331a704
                """
        ),
    ]
}

@Suite("Ed25519")
struct SignatureTests {
    @Test("RFC 8032 section 7.1", arguments: Ed25519Vector.all)
    func vector(_ vector: Ed25519Vector) throws {
        let key = try #require(SigningKey(seed: bytes(vector.seed)))
        #expect(key.publicKey.bytes == bytes(vector.publicKey))
        #expect(key.sign(bytes(vector.message)) == bytes(vector.signature))
        let publicKey = try #require(VerifyingKey(bytes(vector.publicKey)))
        #expect(publicKey.isValid(signature: bytes(vector.signature), for: bytes(vector.message)))
    }

    @Test("every flipped bit of signature and message is caught")
    func flippedBits() throws {
        let key = SigningKey()
        let message: [UInt8] = [1, 2, 3, 4]
        let signature = key.sign(message)
        for bit in 0..<signature.count * 8 {
            var bad = signature
            bad[bit / 8] ^= 1 << (bit % 8)
            #expect(!key.publicKey.isValid(signature: bad, for: message), "bit \(bit)")
        }
        for bit in 0..<message.count * 8 {
            var bad = message
            bad[bit / 8] ^= 1 << (bit % 8)
            #expect(!key.publicKey.isValid(signature: signature, for: bad), "bit \(bit)")
        }
        #expect(!SigningKey().publicKey.isValid(signature: signature, for: message))
    }

    @Test("a signature of another length is invalid")
    func signatureLength() {
        let key = SigningKey()
        let signature = key.sign([7])
        #expect(!key.publicKey.isValid(signature: [], for: [7]))
        #expect(!key.publicKey.isValid(signature: Array(signature.dropLast()), for: [7]))
        #expect(!key.publicKey.isValid(signature: signature + [0], for: [7]))
    }

    @Test("S + L, the malleable twin of a signature, is invalid")
    func malleability() throws {
        // RFC 8032 section 5.1.7: S must be in 0..<L.
        let key = try #require(SigningKey(seed: [UInt8](repeating: 9, count: 32)))
        var signature = key.sign([1])
        let order = bytes("edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010")
        var carry = 0
        for index in 0..<32 {
            let sum = Int(signature[32 + index]) + Int(order[index]) + carry
            signature[32 + index] = UInt8(truncatingIfNeeded: sum)
            carry = sum >> 8
        }
        #expect(carry == 0)
        #expect(!key.publicKey.isValid(signature: signature, for: [1]))
    }

    @Test(
        "small-order, non-canonical and off-curve keys are refused",
        arguments: [
            "0100000000000000000000000000000000000000000000000000000000000000",  // identity
            "0000000000000000000000000000000000000000000000000000000000000000",  // order 4
            "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",  // order 2
            "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",  // order 8
            "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",  // p, not reduced
            "0200000000000000000000000000000000000000000000000000000000000000",  // not on the curve
            "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f70751",  // 31 bytes
            "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a00",  // 33 bytes
            "",
        ]
    )
    func refusedKey(_ text: String) {
        #expect(VerifyingKey(bytes(text)) == nil)
    }

    @Test("a seed has 32 bytes")
    func seedLength() {
        #expect(SigningKey(seed: [UInt8](repeating: 0, count: 31)) == nil)
        #expect(SigningKey(seed: [UInt8](repeating: 0, count: 33)) == nil)
        #expect(SigningKey(seed: [UInt8]()) == nil)
    }

    @Test("fresh keys differ")
    func freshKeys() {
        #expect(SigningKey().publicKey != SigningKey().publicKey)
    }
}
