/// A recursive-descent parser of the Varlink interface definition language (varlink.org/Interface-Definition).
struct InterfaceParser {
    struct Declarations {
        var name: String
        var types: [String: VarlinkType] = [:]
        var methods: [String: VarlinkInterface.Method] = [:]
        var errors: [String: [VarlinkType.Field]] = [:]
    }

    private static let maximumDepth = 16
    private let text: [UInt8]
    private var position = 0
    private var line = 1
    private var references: [(name: String, line: Int)] = []

    init(_ description: String) {
        text = Array(description.utf8)
    }

    mutating func interface() throws(VarlinkInterface.ParseError) -> Declarations {
        try keyword("interface")
        let name = word { Self.isLetterOrDigit($0) || $0 == UInt8(ascii: ".") || $0 == UInt8(ascii: "-") }
        let labels = name.split(separator: ".", omittingEmptySubsequences: false)
        guard labels.count >= 2, labels.allSatisfy({ !$0.isEmpty && !$0.hasPrefix("-") && !$0.hasSuffix("-") }) else {
            throw failure("the interface name is not a reverse-domain name")
        }
        var result = Declarations(name: name)
        skipBlanks()
        while position < text.count {
            try declaration(into: &result)
            skipBlanks()
        }
        for reference in references where result.types[reference.name] == nil {
            throw .init(line: reference.line, reason: "the type \(reference.name) is not declared")
        }
        return result
    }

    private mutating func declaration(into result: inout Declarations) throws(VarlinkInterface.ParseError) {
        let kind = word(Self.isLetterOrDigit)
        skipBlanks()
        let name = word(Self.isLetterOrDigit)
        guard let first = name.utf8.first, UInt8(ascii: "A")...UInt8(ascii: "Z") ~= first else {
            throw failure("a declared name must begin with a capital")
        }
        guard result.types[name] == nil, result.methods[name] == nil, result.errors[name] == nil else {
            throw failure("\(name) is declared twice")
        }
        switch kind {
        case "type":
            result.types[name] = try parenthesised(depth: 0)
        case "method":
            let input = try structure(depth: 0)
            skipBlanks()
            guard take("->") else { throw failure("a method needs -> and its results") }
            result.methods[name] = .init(input: input, output: try structure(depth: 0))
        case "error":
            result.errors[name] = try structure(depth: 0)
        default:
            throw failure("expected type, method or error")
        }
    }

    private mutating func structure(depth: Int) throws(VarlinkInterface.ParseError) -> [VarlinkType.Field] {
        switch try parenthesised(depth: depth) {
        case .structure(let fields): return fields
        default: throw failure("expected a structure, not an enumeration")
        }
    }

    /// A structure `(name: type, ...)` or an enumeration `(name, ...)`; `()` is the empty structure.
    private mutating func parenthesised(depth: Int) throws(VarlinkInterface.ParseError) -> VarlinkType {
        guard depth < Self.maximumDepth else { throw failure("nested too deeply") }
        skipBlanks()
        guard take("(") else { throw failure("expected (") }
        var fields: [VarlinkType.Field] = []
        var names: [String] = []
        skipBlanks()
        if take(")") { return .structure([]) }
        while true {
            skipBlanks()
            let name = word { Self.isLetterOrDigit($0) || $0 == UInt8(ascii: "_") }
            guard let first = name.utf8.first, !(UInt8(ascii: "0")...UInt8(ascii: "9") ~= first) else {
                throw failure("expected a field name")
            }
            guard !names.contains(name) else { throw failure("the field \(name) occurs twice") }
            names.append(name)
            skipBlanks()
            if take(":") { fields.append(.init(name: name, type: try type(depth: depth + 1))) }
            skipBlanks()
            if take(",") { continue }
            guard take(")") else { throw failure("expected , or )") }
            break
        }
        guard fields.isEmpty || fields.count == names.count else { throw failure("some fields have no type") }
        return fields.isEmpty ? .enumeration(names) : .structure(fields)
    }

    private mutating func type(depth: Int) throws(VarlinkInterface.ParseError) -> VarlinkType {
        guard depth < Self.maximumDepth else { throw failure("nested too deeply") }
        skipBlanks()
        if take("?") {
            let wrapped = try type(depth: depth + 1)
            if case .optional = wrapped { throw failure("optional twice") }
            return .optional(wrapped)
        }
        if take("[") {
            if take("]") { return .array(try type(depth: depth + 1)) }
            guard take("string]") else { throw failure("expected [] or [string]") }
            return .map(try type(depth: depth + 1))
        }
        if position < text.count, text[position] == UInt8(ascii: "(") { return try parenthesised(depth: depth) }
        let name = word(Self.isLetterOrDigit)
        switch name {
        case "bool": return .bool
        case "int": return .int
        case "float": return .float
        case "string": return .string
        case "object": return .object
        default:
            guard let first = name.utf8.first, UInt8(ascii: "A")...UInt8(ascii: "Z") ~= first else {
                throw failure("expected a type")
            }
            references.append((name, line))
            return .named(name)
        }
    }

    private mutating func keyword(_ keyword: String) throws(VarlinkInterface.ParseError) {
        skipBlanks()
        guard take(keyword) else { throw failure("expected \(keyword)") }
        skipBlanks()
    }

    private mutating func word(_ isMember: (UInt8) -> Bool) -> String {
        let start = position
        while position < text.count, isMember(text[position]) { position += 1 }
        return String(decoding: text[start..<position], as: UTF8.self)
    }

    private mutating func take(_ token: String) -> Bool {
        guard text[position...].starts(with: token.utf8) else { return false }
        position += token.utf8.count
        return true
    }

    private mutating func skipBlanks() {
        while position < text.count {
            switch text[position] {
            case UInt8(ascii: "\n"):
                line += 1
                position += 1
            case UInt8(ascii: " "), UInt8(ascii: "\t"), UInt8(ascii: "\r"):
                position += 1
            case UInt8(ascii: "#"):
                while position < text.count, text[position] != UInt8(ascii: "\n") { position += 1 }
            default:
                return
            }
        }
    }

    private func failure(_ reason: String) -> VarlinkInterface.ParseError {
        .init(line: line, reason: reason)
    }

    private static func isLetterOrDigit(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"):
            return true
        default: return false
        }
    }
}
