import Testing

@testable import Encoding

@Suite("JSON")
struct JSONTests {
    @Test(
        "values",
        arguments: [
            ("null", .null), (" true ", .bool(true)), ("false", .bool(false)), ("0", 0), ("-0", 0), ("-17", -17),
            ("9223372036854775807", .integer(.max)), ("-9223372036854775808", .integer(.min)),
            ("9223372036854775808", .number(9_223_372_036_854_775_808)), ("1.5", 1.5), ("1e3", 1000.0),
            ("-2.5E-1", -0.25), ("\"\"", ""), (#""a\"\\\/\b\f\n\r\t\u0041""#, "a\"\\/\u{8}\u{c}\n\r\tA"),
            (#""\ud83d\ude00""#, "😀"), ("\"é\"", "é"), ("[]", []), ("[1, [2]]", [1, [2]]), ("{}", [:]),
            (#"{"a": {"b": null}}"#, ["a": ["b": nil]]),
        ] as [(String, JSON)]
    )
    func value(_ text: String, _ expected: JSON) throws {
        #expect(try JSON(parsing: text.utf8) == expected)
        #expect(try JSON(parsing: expected.encode()) == expected)
    }

    @Test(
        "refusals",
        arguments: [
            ("", .unexpectedEnd), ("[", .unexpectedEnd), ("\"a", .unexpectedEnd), ("{\"a\":", .unexpectedEnd),
            ("tru", .unexpectedByte), ("nan", .unexpectedByte), ("[1,]", .unexpectedByte), ("{,}", .unexpectedByte),
            ("{\"a\" 1}", .unexpectedByte), ("{a:1}", .unexpectedByte), ("'a'", .unexpectedByte),
            ("+1", .unexpectedByte), (".5", .unexpectedByte), ("[1 2]", .unexpectedByte), ("//", .unexpectedByte),
            ("1 2", .trailingBytes), ("{} ,", .trailingBytes), ("0x1", .trailingBytes),
            ("01", .invalidNumber), ("-", .invalidNumber), ("1.", .invalidNumber), ("1e", .invalidNumber),
            ("1e999", .invalidNumber), ("-01", .invalidNumber),
            (#""\x""#, .invalidEscape), (#""\u12g4""#, .invalidEscape), (#""\ud800""#, .invalidEscape),
            (#""\udc00""#, .invalidEscape), (#""\ud800\u0041""#, .invalidEscape), (#""\u+123""#, .invalidEscape),
            ("\"a\nb\"", .controlCharacter), (#""\u0000""#, .nulCharacter),
            (#"{"a":1,"a":2}"#, .duplicateKey), (#"{"a":1,"\u0061":2}"#, .duplicateKey),
        ] as [(String, JSON.ParseError)]
    )
    func refusal(_ text: String, _ expected: JSON.ParseError) {
        #expect(throws: expected) { try JSON(parsing: text.utf8) }
    }

    @Test(
        "invalid UTF-8",
        arguments: [[0xff], [0xc0, 0x80], [0xed, 0xa0, 0x80], [0xf4, 0x90, 0x80, 0x80], [0xe2, 0x82]]
    )
    func invalidUTF8(_ bytes: [UInt8]) {
        #expect(throws: JSON.ParseError.invalidUTF8) { try JSON(parsing: [0x22] + bytes + [0x22]) }
    }

    @Test("depth is limited, and a hostile depth does not exhaust the stack")
    func depth() throws {
        let nested = { (count: Int) in String(repeating: "[", count: count) + String(repeating: "]", count: count) }
        _ = try JSON(parsing: nested(16).utf8, maximumDepth: 16)
        #expect(throws: JSON.ParseError.tooDeep) { try JSON(parsing: nested(17).utf8, maximumDepth: 16) }
        #expect(throws: JSON.ParseError.tooDeep) { try JSON(parsing: nested(500_000).utf8) }
        let objects = String(repeating: "{\"a\":", count: 500_000)
        #expect(throws: JSON.ParseError.tooDeep) { try JSON(parsing: objects.utf8) }
    }

    @Test("no prefix of a document traps, and none but the whole is accepted")
    func prefixes() {
        let text = Array(#"{"a":[1,-2.5e3,true,null,"x\u00e9\n"],"b":{"c":"d"}}"#.utf8)
        for count in 0..<text.count {
            #expect(throws: JSON.ParseError.self) { try JSON(parsing: text.prefix(count)) }
        }
    }

    @Test("encoding escapes what JSON forbids and orders keys")
    func encoding() {
        let value: JSON = ["b": "\u{1}\"\\\n\r\t/é", "a": [1, 1.5, true, nil], "c": .number(.infinity)]
        #expect(
            String(decoding: value.encode(), as: UTF8.self)
                == #"{"a":[1,1.5,true,null],"b":"\u0001\"\\\n\r\t/é","c":null}"#
        )
    }
}
