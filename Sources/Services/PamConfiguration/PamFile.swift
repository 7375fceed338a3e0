import Foundation

/// One file of PAM's configuration as it is written (pam.d(5)). Every line is understood, or the file is refused.
public struct PamFile: Equatable, Sendable {
    public enum Statement: Equatable, Sendable {
        /// Everything of another file, of every kind.
        case include(String)
        case rule(PamRule)
    }

    public struct Line: Equatable, Sendable {
        public let statement: Statement
        /// The lines as they are in the file, from 0: several where a backslash continues one.
        public let range: Range<Int>
    }

    static let longestFile = 1 << 16

    public let path: String
    public let lines: [Line]

    public init(text: String, path: String) throws(PamTrouble) {
        self.path = path
        var lines: [Line] = []
        for (range, text) in Self.joined(text) {
            func wrong(_ reason: String) -> PamTrouble { .line(range.lowerBound + 1, of: path, reason: reason) }
            guard let words = Self.words(text) else { throw wrong("a bracket is not closed") }
            guard let first = words.first else { continue }
            if first.text == "@include" {
                guard words.count == 2 else { throw wrong("@include takes one name") }
                lines.append(Line(statement: .include(words[1].text), range: range))
                continue
            }
            guard !text.unicodeScalars.contains(where: { $0.properties.generalCategory == .control && $0 != "\t" })
            else {
                throw wrong("it has control characters")
            }
            guard words.count >= 3 else { throw wrong("a rule has a type, a control and a module") }
            guard let rule = PamRule(words) else {
                throw wrong("'\(words[0].text) \(words[1].text)' is not a type and a control that are known here")
            }
            lines.append(Line(statement: .rule(rule), range: range))
        }
        self.lines = lines
    }

    /// A file's text; links are followed.
    public static func text(of path: String) throws(PamTrouble) -> String {
        guard let handle = FileHandle(forReadingAtPath: path) else { throw .unreadable(path) }
        defer { try? handle.close() }
        guard let data = try? handle.read(upToCount: longestFile + 1), data.count <= longestFile else {
            throw .unreadable(path)
        }
        // An empty file reads as no data at all.
        guard let text = String(data: data, encoding: .utf8), !text.utf8.contains(0) else { throw .unreadable(path) }
        return text
    }

    struct Word: Equatable {
        let text: String
        let isBracketed: Bool
    }

    /// The lines without comments, continued ones joined.
    private static func joined(_ text: String) -> [(Range<Int>, String)] {
        var lines: [(Range<Int>, String)] = []
        var pending: (start: Int, text: String)?
        let physical = text.split(separator: "\n", omittingEmptySubsequences: false)
        for (index, line) in physical.enumerated() {
            var bare = String(line.prefix { $0 != "#" })
            while bare.last == " " || bare.last == "\t" { bare.removeLast() }
            let start = pending?.start ?? index
            let before = pending?.text ?? ""
            if bare.hasSuffix("\\") {
                pending = (start, before + bare.dropLast() + " ")
            } else {
                lines.append((start..<index + 1, before + bare))
                pending = nil
            }
        }
        if let pending { lines.append((pending.start..<physical.count, pending.text)) }
        return lines
    }

    /// Words by blanks; what is in brackets is one word. Nil where a bracket stays open.
    private static func words(_ line: String) -> [Word]? {
        var words: [Word] = []
        var word = ""
        var isBracketed = false
        for character in line {
            switch character {
            case "[" where word.isEmpty && !isBracketed: isBracketed = true
            case "]" where isBracketed:
                words.append(Word(text: word, isBracketed: true))
                (word, isBracketed) = ("", false)
            case " ", "\t":
                if isBracketed {
                    word.append(character)
                } else if !word.isEmpty {
                    words.append(Word(text: word, isBracketed: false))
                    word = ""
                }
            default: word.append(character)
            }
        }
        guard !isBracketed else { return nil }
        return word.isEmpty ? words : words + [Word(text: word, isBracketed: false)]
    }
}

/// `type control module arguments`.
public struct PamRule: Equatable, Sendable {
    public enum Kind: String, Sendable {
        case auth, account, password, session
    }

    public let kind: Kind
    public let control: PamControl
    /// The module as it is named there, or the file that is included.
    public let path: String
    public let arguments: [String]

    init?(_ words: [PamFile.Word]) {
        // A dash before the type: no complaint where the module is missing.
        let type = words[0].text.lowercased()
        guard let kind = Kind(rawValue: type.hasPrefix("-") ? String(type.dropFirst()) : type),
            let control = PamControl(words[1].text, isBracketed: words[1].isBracketed), !words[2].isBracketed
        else { return nil }
        self.kind = kind
        self.control = control
        path = words[2].text
        arguments = words.dropFirst(3).map(\.text)
    }

    /// The last component of the module's path.
    public var module: String { path.split(separator: "/").last.map(String.init) ?? path }
}
