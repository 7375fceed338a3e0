import Testing

@testable import Sodium

@Suite("hashes")
struct HashTests {
    @Test("BLAKE2b of abc, RFC 7693 appendix A")
    func blake2bOfABC() {
        #expect(
            Hash.blake2b(Array("abc".utf8), count: 64)
                == bytes(
                    """
                    ba80a53f981c4d0d6a2797b69f12f6e94c212f14685ac4b74b12bb6fdbffa2d1
                    7d87c5392aab792dc252d5de4533cc9518d38aa8dbf1925ab92386edd4009923
                    """
                )
        )
    }

    @Test("keyed BLAKE2b, first vector of the reference's blake2b-kat")
    func keyedBlake2b() {
        let expected = bytes(
            """
            10ebb67700b1868efb4417987acf4690ae9d972fb7a590c2f02871799aaa4786
            b5e996e8f0f4eb981fc214b005f42d2ff4233499391653df7aefcbc13fc51568
            """
        )
        let key = [UInt8](0..<64)
        #expect(Hash.blake2b([], count: 64, key: key) == expected)
        #expect(Hash.blake2b([], count: 64, key: SecretBytes(copying: key)) == expected)
        #expect(Hash.blake2b([], count: 64, key: [UInt8](1..<65)) != expected)
    }

    @Test("32-byte BLAKE2b, value of Python's hashlib")
    func shortBlake2b() {
        #expect(
            Hash.blake2b([]) == bytes("0e5751c026e543b2e8ab2eb06099daa1d1e5df47778f7787faab45cdf12fe3a8")
        )
        #expect(
            Hash.blake2b(Array("semblance".utf8), key: [UInt8](0..<32))
                == bytes("500dff7c66dc332020e6d136dae92f0ee983ce89c1c76f1d2ef0d25178e9c3e6")
        )
    }

    @Test("SHA-256 and SHA-512 of abc, FIPS 180-4 examples")
    func sha2() {
        #expect(
            Hash.sha256(Array("abc".utf8))
                == bytes("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
        )
        #expect(
            Hash.sha512(Array("abc".utf8))
                == bytes(
                    """
                    ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a
                    2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f
                    """
                )
        )
    }
}
