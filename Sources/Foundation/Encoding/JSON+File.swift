extension JSON {
    /// Why and where a text is not an acceptable JSON value, for whoever wrote it.
    public struct Fault: Error, Equatable, CustomStringConvertible {
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
