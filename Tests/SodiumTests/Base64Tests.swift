import Testing

@testable import Sodium

@Suite("Base64")
struct Base64Tests {
    @Test(
        "RFC 4648 section 10",
        arguments: [
            ("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="), ("fooba", "Zm9vYmE="),
            ("foobar", "Zm9vYmFy"),
        ]
    )
    func vectors(_ plain: String, _ text: String) {
        #expect(Base64.encode(plain.utf8) == text)
        #expect(Base64.decode(text) == Array(plain.utf8))
    }

    @Test("all byte values, all lengths modulo three", arguments: 250...256)
    func roundTrip(_ count: Int) {
        let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0) }
        #expect(Base64.decode(Base64.encode(bytes)) == bytes)
    }

    @Test(
        "refusals: length, letters, misplaced padding, unused bits, blanks, the URL alphabet",
        arguments: [
            "Z", "Zg", "Zg=", "Zm9vY", "Zg==Zg==", "=Zg=", "Z===", "====", "Zh==", "Zm9=", "Zm 9", "Zm9v\n", "Zm9-",
            "Zm9_", "Zg=A", "éé",
        ]
    )
    func refusal(_ text: String) {
        #expect(Base64.decode(text) == nil)
    }

    /// RFC 4648 section 10 without padding; the last has both letters by which the alphabets differ.
    @Test(
        "the URL alphabet, without padding",
        arguments: [
            ([], ""), (Array("f".utf8), "Zg"), (Array("foob".utf8), "Zm9vYg"), (Array("foobar".utf8), "Zm9vYmFy"),
            ([0xfb, 0xff, 0xfe], "-__-"),
        ]
    )
    func urlAlphabet(_ bytes: [UInt8], _ text: String) {
        #expect(Base64URL.encode(bytes) == text)
    }

    /// A decoder that is asked for no end must refuse what follows one, also behind a NUL.
    @Test(
        "nothing is passed over",
        arguments: ["Zg==\0", "Zm9v\0Zm9", "Zm9vZg==\0AAA", "Zm9vZ===", "Zm9v=Zm9", "Zm9v=\0\0\0"]
    )
    func rests(_ text: String) {
        #expect(Base64.decode(text) == nil)
    }

    /// libsodium alone takes such letters.
    @Test("letters outside ASCII", arguments: ["éé", "Zé/", "éQ=", "Zm9vé==", "Zm9v\u{80}=", "\u{1F600}"])
    func notASCII(_ text: String) {
        #expect(Base64.decode(text) == nil)
    }
}
