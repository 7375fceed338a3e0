import Testing

@testable import Sodium

@Suite("hexadecimal")
struct HexadecimalTests {
    @Test("digits of every byte, and back")
    func everyByte() {
        // RFC 4648 section 10, in lower case.
        #expect(Hexadecimal.encode(Array("foobar".utf8)) == "666f6f626172")
        let all = (0...255).map { UInt8($0) }
        #expect(Hexadecimal.encode(all).count == 512)
        #expect(Hexadecimal.decode(Hexadecimal.encode(all)) == all)
        #expect(Hexadecimal.encode([]) == "" && Hexadecimal.decode("") == [])
        #expect(Hexadecimal.decode("00fF1a") == [0x00, 0xff, 0x1a])
    }

    @Test(
        "an odd number of digits, and what is no digit",
        arguments: ["0", "000", "0g", "  ", "+1", "é0", "１１", "0x", "00\0", "00\u{0}0", "00:11", "00 11"]
    )
    func refusals(_ text: String) {
        #expect(Hexadecimal.decode(text) == nil)
    }
}
