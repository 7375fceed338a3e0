import Testing

@testable import Varlink

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
}
