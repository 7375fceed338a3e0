import Encoding
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
    /// libpam's buffer takes 1024 bytes, and reads what is beyond as another line.
    private static let longestLine = 1000

    public let path: String
    public let lines: [Line]

    public init(text: String, path: String) throws(PamTrouble) {
        self.path = path
        var lines: [Line] = []
        for (range, text) in try Self.joined(text, path) {
            guard let statement = try Self.statement(text, at: range.lowerBound + 1, of: path) else { continue }
            lines.append(Line(statement: statement, range: range))
        }
        self.lines = lines
    }

    private static func statement(_ text: String, at number: Int, of path: String) throws(PamTrouble) -> Statement? {
        func wrong(_ reason: String) -> PamTrouble { .line(number, of: path, reason: reason) }
        guard let words = words(text) else { throw wrong("a bracket is not closed, or has a backslash in it") }
        guard let first = words.first else { return nil }
        guard !text.unicodeScalars.contains(where: { $0.properties.generalCategory == .control && $0 != "\t" }) else {
            throw wrong("it has control characters")
        }
        if first.text == "@include" {
            guard words.count == 2 else { throw wrong("@include takes one name") }
            return .include(words[1].text)
        }
        guard words.count >= 3 else { throw wrong("a rule has a type, a control and a module") }
        guard let rule = PamRule(words) else {
            throw wrong("'\(words[0].text) \(words[1].text)' is not a type and a control that are known here")
        }
        return .rule(rule)
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

    /// Whether a rule of that kind passes over others.
    func jumps(_ kind: PamRule.Kind) -> Bool {
        lines.contains { line in
            guard case .rule(let rule) = line.statement, rule.kind == kind, case .actions(let actions) = rule.control
            else { return false }
            return actions.values.contains { if case .jump = $0 { true } else { false } }
        }
    }

    struct Word: Equatable {
        let text: String
        let isBracketed: Bool
    }

    /// The lines as libpam counts them: by bytes, so that a line feed stays one whatever follows or precedes it.
    static func physicalLines(_ text: String) -> [String] {
        text.unicodeScalars.split(separator: "\n", omittingEmptySubsequences: false).map { String($0) }
    }

    /// The lines without comments, continued ones joined, as `_pam_assemble_line` does it.
    private static func joined(_ text: String, _ path: String) throws(PamTrouble) -> [(Range<Int>, String)] {
        var lines: [(Range<Int>, String)] = []
        var pending: (start: Int, text: String, length: Int)?
        for (index, line) in physicalLines(text).enumerated() {
            func wrong(_ reason: String) -> PamTrouble { .line(index + 1, of: path, reason: reason) }
            guard !line.unicodeScalars.contains("\r") else { throw wrong("it has a carriage return") }
            let length = (pending?.length ?? 0) + line.utf8.count
            guard length <= longestLine else { throw wrong("it is longer than \(longestLine) bytes") }
            let parts = line.unicodeScalars.split(separator: "#", maxSplits: 1, omittingEmptySubsequences: false)
            var bare = parts[0]
            while bare.last == " " || bare.last == "\t" { bare.removeLast() }
            // What has nothing in it does not end a continued line.
            if bare.allSatisfy({ $0 == " " || $0 == "\t" }) { continue }
            let start = pending?.start ?? index
            let before = pending?.text ?? ""
            // Behind a comment no line goes on.
            if bare.last == "\\", parts.count == 1 {
                pending = (start, before + String(bare.dropLast()) + " ", length)
            } else {
                lines.append((start..<index + 1, before + String(bare)))
                pending = nil
            }
        }
        if let pending { throw .line(pending.start + 1, of: path, reason: "it goes on behind the end of the file") }
        return lines
    }

    /// Words by blanks; what is in brackets is one word. Nil where a bracket stays open, or is not plain.
    private static func words(_ line: String) -> [Word]? {
        var words: [Word] = []
        var word = ""
        var isBracketed = false
        // By scalars: a mark on a blank or a bracket makes another character of it, not another byte.
        for scalar in line.unicodeScalars {
            switch scalar {
            case "\\" where isBracketed: return nil
            case "[" where word.isEmpty && !isBracketed: isBracketed = true
            case "]" where isBracketed:
                words.append(Word(text: word, isBracketed: true))
                (word, isBracketed) = ("", false)
            case " ", "\t":
                if isBracketed {
                    word.unicodeScalars.append(scalar)
                } else if !word.isEmpty {
                    words.append(Word(text: word, isBracketed: false))
                    word = ""
                }
            default: word.unicodeScalars.append(scalar)
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
    public var module: String { path.lastPathPart }
}
