/// The parser behind ``JSON/init(parsing:maximumDepth:)``.
struct JSONParser {
    private let bytes: [UInt8]
    private let maximumDepth: Int
    /// Where the parser stands: after an error, at what it could not read.
    private(set) var position = 0
    /// The keys and indices on the way to the value that is being read.
    private(set) var path: [String] = []

    init(bytes: [UInt8], maximumDepth: Int) {
        self.bytes = bytes
        self.maximumDepth = maximumDepth
    }

    mutating func document() throws(JSON.ParseError) -> JSON {
        let value = try value(depth: 0)
        skipBlanks()
        guard position == bytes.count else { throw .trailingBytes }
        return value
    }

    private mutating func value(depth: Int) throws(JSON.ParseError) -> JSON {
        skipBlanks()
        switch try peek() {
        case UInt8(ascii: "{"): return try object(depth: depth + 1)
        case UInt8(ascii: "["): return try array(depth: depth + 1)
        case UInt8(ascii: "\""): return .string(try string())
        case UInt8(ascii: "t"): return try literal("true", .bool(true))
        case UInt8(ascii: "f"): return try literal("false", .bool(false))
        case UInt8(ascii: "n"): return try literal("null", .null)
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return try number()
        default: throw .unexpectedByte
        }
    }

    private mutating func object(depth: Int) throws(JSON.ParseError) -> JSON {
        guard depth <= maximumDepth else { throw .tooDeep }
        position += 1
        var members: [String: JSON] = [:]
        skipBlanks()
        if try peek() == UInt8(ascii: "}") {
            position += 1
            return .object(members)
        }
        while true {
            skipBlanks()
            guard try peek() == UInt8(ascii: "\"") else { throw .unexpectedByte }
            let start = position
            let key = try string()
            path.append(key)
            guard members[key] == nil else {
                position = start
                throw .duplicateKey
            }
            skipBlanks()
            guard try peek() == UInt8(ascii: ":") else { throw .unexpectedByte }
            position += 1
            members[key] = try value(depth: depth)
            path.removeLast()
            skipBlanks()
            switch try peek() {
            case UInt8(ascii: ","): position += 1
            case UInt8(ascii: "}"):
                position += 1
                return .object(members)
            default: throw .unexpectedByte
            }
        }
    }

    private mutating func array(depth: Int) throws(JSON.ParseError) -> JSON {
        guard depth <= maximumDepth else { throw .tooDeep }
        position += 1
        var values: [JSON] = []
        skipBlanks()
        if try peek() == UInt8(ascii: "]") {
            position += 1
            return .array(values)
        }
        while true {
            path.append("\(values.count)")
            values.append(try value(depth: depth))
            path.removeLast()
            skipBlanks()
            switch try peek() {
            case UInt8(ascii: ","): position += 1
            case UInt8(ascii: "]"):
                position += 1
                return .array(values)
            default: throw .unexpectedByte
            }
        }
    }

    private mutating func string() throws(JSON.ParseError) -> String {
        position += 1
        var content: [UInt8] = []
        while true {
            let byte = try next()
            switch byte {
            case UInt8(ascii: "\""):
                guard let string = String(validating: content, as: UTF8.self) else { throw .invalidUTF8 }
                return string
            case UInt8(ascii: "\\"): content.append(contentsOf: try escape())
            case 0: throw .nulCharacter
            case 1..<0x20: throw .controlCharacter
            default: content.append(byte)
            }
        }
    }

    private mutating func escape() throws(JSON.ParseError) -> [UInt8] {
        switch try next() {
        case UInt8(ascii: "\""): return [UInt8(ascii: "\"")]
        case UInt8(ascii: "\\"): return [UInt8(ascii: "\\")]
        case UInt8(ascii: "/"): return [UInt8(ascii: "/")]
        case UInt8(ascii: "b"): return [0x08]
        case UInt8(ascii: "f"): return [0x0c]
        case UInt8(ascii: "n"): return [0x0a]
        case UInt8(ascii: "r"): return [0x0d]
        case UInt8(ascii: "t"): return [0x09]
        case UInt8(ascii: "u"):
            var code = try hexadecimal()
            if 0xd800..<0xdc00 ~= code {
                guard try next() == UInt8(ascii: "\\"), try next() == UInt8(ascii: "u") else { throw .invalidEscape }
                let low = try hexadecimal()
                guard 0xdc00..<0xe000 ~= low else { throw .invalidEscape }
                code = 0x10000 + (code - 0xd800) << 10 + (low - 0xdc00)
            }
            guard code != 0 else { throw .nulCharacter }
            guard let scalar = Unicode.Scalar(code) else { throw .invalidEscape }
            return Array(String(Character(scalar)).utf8)
        default: throw .invalidEscape
        }
    }

    private mutating func hexadecimal() throws(JSON.ParseError) -> UInt32 {
        var code: UInt32 = 0
        for _ in 0..<4 {
            guard let digit = Character(Unicode.Scalar(try next())).hexDigitValue else { throw .invalidEscape }
            code = code << 4 | UInt32(digit)
        }
        return code
    }

    private mutating func number() throws(JSON.ParseError) -> JSON {
        let start = position
        var isInteger = true
        if bytes[position] == UInt8(ascii: "-") { position += 1 }
        let leading = position
        guard skipDigits() > 0 else { throw .invalidNumber }
        if bytes[leading] == UInt8(ascii: "0"), position - leading > 1 { throw .invalidNumber }
        if position < bytes.count, bytes[position] == UInt8(ascii: ".") {
            isInteger = false
            position += 1
            guard skipDigits() > 0 else { throw .invalidNumber }
        }
        if position < bytes.count, bytes[position] | 0x20 == UInt8(ascii: "e") {
            isInteger = false
            position += 1
            if position < bytes.count, [UInt8(ascii: "+"), UInt8(ascii: "-")].contains(bytes[position]) {
                position += 1
            }
            guard skipDigits() > 0 else { throw .invalidNumber }
        }
        let text = String(decoding: bytes[start..<position], as: UTF8.self)
        if isInteger, let value = Int64(text) { return .integer(value) }
        guard let value = Double(text), value.isFinite else { throw .invalidNumber }
        return .number(value)
    }

    private mutating func skipDigits() -> Int {
        let start = position
        while position < bytes.count, UInt8(ascii: "0")...UInt8(ascii: "9") ~= bytes[position] { position += 1 }
        return position - start
    }

    private mutating func literal(_ text: StaticString, _ value: JSON) throws(JSON.ParseError) -> JSON {
        let expected = text.withUTF8Buffer { Array($0) }
        guard bytes[position...].starts(with: expected) else { throw .unexpectedByte }
        position += expected.count
        return value
    }

    private mutating func skipBlanks() {
        while position < bytes.count, [0x20, 0x09, 0x0a, 0x0d].contains(bytes[position]) { position += 1 }
    }

    private func peek() throws(JSON.ParseError) -> UInt8 {
        guard position < bytes.count else { throw .unexpectedEnd }
        return bytes[position]
    }

    private mutating func next() throws(JSON.ParseError) -> UInt8 {
        let byte = try peek()
        position += 1
        return byte
    }
}
