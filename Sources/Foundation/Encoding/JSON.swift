/// A JSON value (RFC 8259).
public enum JSON: Sendable, Equatable {
    case null
    case bool(Bool)
    /// A number written without fraction and exponent that fits 64 bits.
    case integer(Int64)
    /// Any other number.
    case number(Double)
    case string(String)
    case array([JSON])
    case object([String: JSON])

    /// Why a text is not an acceptable JSON value.
    public enum ParseError: Error, Equatable {
        case unexpectedEnd
        case unexpectedByte
        case trailingBytes
        case invalidUTF8
        case invalidEscape
        case controlCharacter
        case nulCharacter
        case invalidNumber
        case tooDeep
        case duplicateKey
    }

    /// Parses exactly one value.
    ///
    /// Stricter than RFC 8259 where leniency has cost others: a key may occur once per object, strings must be valid
    /// UTF-8 without U+0000 and without lone surrogates, and nesting beyond `maximumDepth` is refused.
    public init(parsing text: some Collection<UInt8>, maximumDepth: Int = 32) throws(ParseError) {
        var parser = JSONParser(bytes: Array(text), maximumDepth: maximumDepth)
        self = try parser.document()
    }

    /// The value as JSON text without insignificant blanks, keys in ascending order. Not-a-number and infinities, which
    /// JSON does not have, become null.
    public func encode() -> [UInt8] {
        var output: [UInt8] = []
        append(to: &output)
        return output
    }

    func append(to output: inout [UInt8]) {
        switch self {
        case .null: output += Array("null".utf8)
        case .bool(let value): output += Array((value ? "true" : "false").utf8)
        case .integer(let value): output += Array(String(value).utf8)
        case .number(let value): output += Array((value.isFinite ? String(value) : "null").utf8)
        case .string(let value): Self.append(value, to: &output)
        case .array(let values):
            output.append(UInt8(ascii: "["))
            for (index, value) in values.enumerated() {
                if index > 0 { output.append(UInt8(ascii: ",")) }
                value.append(to: &output)
            }
            output.append(UInt8(ascii: "]"))
        case .object(let members):
            output.append(UInt8(ascii: "{"))
            for (index, member) in members.sorted(by: { $0.key < $1.key }).enumerated() {
                if index > 0 { output.append(UInt8(ascii: ",")) }
                Self.append(member.key, to: &output)
                output.append(UInt8(ascii: ":"))
                member.value.append(to: &output)
            }
            output.append(UInt8(ascii: "}"))
        }
    }

    private static func append(_ string: String, to output: inout [UInt8]) {
        let digits = Array("0123456789abcdef".utf8)
        output.append(UInt8(ascii: "\""))
        for byte in string.utf8 {
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"): output += [UInt8(ascii: "\\"), byte]
            case 0x0a: output += Array("\\n".utf8)
            case 0x0d: output += Array("\\r".utf8)
            case 0x09: output += Array("\\t".utf8)
            case 0..<0x20: output += Array("\\u00".utf8) + [digits[Int(byte >> 4)], digits[Int(byte & 15)]]
            default: output.append(byte)
            }
        }
        output.append(UInt8(ascii: "\""))
    }
}

extension JSON: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral, ExpressibleByBooleanLiteral,
    ExpressibleByFloatLiteral, ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral, ExpressibleByNilLiteral
{
    public init(stringLiteral value: String) { self = .string(value) }
    public init(integerLiteral value: Int64) { self = .integer(value) }
    public init(booleanLiteral value: Bool) { self = .bool(value) }
    public init(floatLiteral value: Double) { self = .number(value) }
    public init(arrayLiteral elements: JSON...) { self = .array(elements) }
    public init(nilLiteral: ()) { self = .null }
    /// Of a key that occurs twice the last value stays.
    public init(dictionaryLiteral elements: (String, JSON)...) {
        self = .object(Dictionary(elements, uniquingKeysWith: { _, last in last }))
    }
}

extension JSON.ParseError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .unexpectedEnd: "it ends too early"
        case .unexpectedByte: "a character that may not stand there"
        case .trailingBytes: "something follows the end"
        case .invalidUTF8: "text that is not UTF-8"
        case .invalidEscape: "an escape that JSON does not have"
        case .controlCharacter: "a control character in a string"
        case .nulCharacter: "a zero character"
        case .invalidNumber: "a number that is not written as JSON wants it"
        case .tooDeep: "too many levels"
        case .duplicateKey: "a key that is there twice"
        }
    }
}

extension JSON {
    /// Why and where a text is not an acceptable JSON value, for whoever wrote it.
    public struct Fault: Error, Equatable, CustomStringConvertible {
        /// For programs; people read ``reason``.
        public let error: ParseError
        /// From 1.
        public let line: Int
        /// In words, without the line.
        public let reason: String

        public var description: String { "line \(line): \(reason)" }
    }

    /// As ``init(parsing:maximumDepth:)``, for files that people write.
    public init(file text: some Collection<UInt8>, maximumDepth: Int = 32) throws(Fault) {
        let bytes = Array(text)
        var parser = JSONParser(bytes: bytes, maximumDepth: maximumDepth)
        do {
            self = try parser.document()
        } catch {
            // The parser stands behind a character that may not be in a string, and before any other.
            let place = max(0, min(parser.position - (error == .controlCharacter ? 1 : 0), bytes.count))
            throw Fault(
                error: error,
                line: 1 + bytes[..<place].count { $0 == UInt8(ascii: "\n") },
                reason: error == .duplicateKey
                    ? "the key \"\(parser.path.joined(separator: "."))\" is there twice"
                    : Self.reason(error, bytes, place)
            )
        }
    }

    private static func reason(_ error: ParseError, _ bytes: [UInt8], _ place: Int) -> String {
        guard error == .unexpectedByte, place < bytes.count, 0x21...0x7e ~= bytes[place] else { return "\(error)" }
        let character = Character(Unicode.Scalar(bytes[place]))
        let before = bytes[..<place].last { ![0x20, 0x09, 0x0a, 0x0d].contains($0) }
        let remark =
            switch character {
            case "/", "#": ": JSON has no comments"
            case _ where ["}", "]"].contains(character) && before == UInt8(ascii: ","): " behind a comma"
            case "'": ": strings take double quotes"
            default: ""
            }
        return "'\(character)' may not stand there\(remark)"
    }
}
