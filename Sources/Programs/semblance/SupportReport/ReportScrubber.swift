import Foundation

/// Takes out of a text what says who or where somebody is, and every secret's likeness. The same thing has the same stand-in in one report,
/// so that lines can be compared; stand-ins are numbered, not hashed: a hash of a name is found by trying names.
struct ReportScrubber {
    /// Folders whose paths say nothing about anybody.
    private static let plainFolders = [
        "/usr/", "/bin/", "/sbin/", "/lib/", "/lib64/", "/etc/semblance/", "/etc/pam.d/", "/run/semblance/",
        "/run/semblance-sensor/",
        "/run/credentials/", "/run/systemd/", "/var/lib/semblance", "/dev/", "/proc/", "/sys/",
    ]
    private static let plainPaths: Set<String> = [
        "/", "/usr", "/etc", "/etc/semblance", "/etc/pam.d", "/run", "/var/lib", "/dev", "/tmp",
    ]

    /// Paths that are known, and that do not end where a path in a text seems to: with blanks, for example. The longest first.
    private let paths: [String]
    /// Names that are known to be somebody's or some place's, the longest first, with what stands for each.
    private var names: [(name: String, kind: String)]
    /// Identities of models, which are no secrets and say what is wrong.
    private let kept: Set<String>
    private var standIns: [String: String] = [:]
    private var counts: [String: Int] = [:]

    /// - Parameters:
    ///   - names: by what they are: "user", "host", "site", "label".
    ///   - paths: that the configuration and the accounts name.
    ///   - kept: hexadecimal words that stay.
    init(names: [String: Set<String>], paths: Set<String>, kept: Set<String>) {
        self.paths = paths.filter { path in
            !Self.isPlain(path) && path.contains { $0.isWhitespace || #""',;:()<>"#.contains($0) }
        }.sorted { ($1.count, $0) < ($0.count, $1) }
        self.names = names.flatMap { kind, names in names.filter { !$0.isEmpty }.map { (name: $0, kind: kind) } }
            .sorted { ($1.name.count, $0.name) < ($0.name.count, $1.name) }
        self.kept = kept
    }

    /// A text without them.
    mutating func scrubbed(_ text: String) -> String {
        var text = text
        // Whole places first: the names in them would leave their rest.
        for path in paths { text = replacing(path, of: "path", in: text) }
        text = replacing(#/[a-z][a-z0-9+.-]*://[^\s"'<>()]+/#, in: text, by: "url")
        text = replacing(
            #/[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+/#,
            in: text,
            by: "mail",
            // Units of several sensors look like it.
            where: { word in !word.hasPrefix("semblance-sensor@") }
        )
        text = replacing(
            // A word that has a slash in it goes on with a path that has blanks, over at most two words that have none.
            #/\/[^\s"',;:()<>]*(?:(?: [^\s"',;:()<>\/]+){1,3}\/[^\s"',;:()<>]*)*/#,
            in: text,
            by: "path",
            notBehind: { $0.isLetter || $0.isNumber || "_.<".contains($0) },
            where: { !Self.isPlain($0) }
        )
        for (name, kind) in names { text = replacing(name, of: kind, in: text) }
        text = replacing(
            #/[0-9A-Fa-f]{16,}/#,
            in: text,
            by: "hex",
            where: { [kept] word in !kept.contains(word.lowercased()) }
        )
        text = replacing(
            #/[A-Za-z0-9+/_=-]{24,}/#,
            in: text,
            by: "code",
            where: { [kept] word in
                word.contains { $0.isNumber } && word.contains { $0.isUppercase } && word.contains { $0.isLowercase }
                    && !kept.contains(word.lowercased())
            }
        )
        text = replacing(#/[0-9]{1,3}(\.[0-9]{1,3}){3}/#, in: text, by: "address", notBehind: { $0.isNumber })
        return replacing(
            #/([0-9A-Fa-f]{0,4}:){3,7}[0-9A-Fa-f]{0,4}/#,
            in: text,
            by: "address",
            notBehind: { $0.isLetter || $0.isNumber }
        )
    }

    private static func isPlain(_ path: String) -> Bool {
        plainPaths.contains(path) || plainFolders.contains { path.hasPrefix($0) && !path.contains("/../") }
    }

    /// What stands for a text of which nothing may stay.
    mutating func standIn(for text: String, kind: String) -> String {
        if let known = standIns["\(kind) \(text)"] { return known }
        counts[kind, default: 0] += 1
        let word = "<\(kind) \(counts[kind] ?? 0)>"
        standIns["\(kind) \(text)"] = word
        return word
    }

    private mutating func replacing<Output>(
        _ pattern: Regex<Output>,
        in text: String,
        by kind: String,
        notBehind isForbidden: (Character) -> Bool = { _ in false },
        where isWanted: (String) -> Bool = { _ in true }
    ) -> String {
        var result = ""
        var place = text.startIndex
        for match in text.matches(of: pattern) {
            let word = String(text[match.range])
            result += text[place..<match.range.lowerBound]
            let isFree = result.last.map { !isForbidden($0) } ?? true
            result += isFree && isWanted(word) ? standIn(for: word, kind: kind) : word
            place = match.range.upperBound
        }
        return result + text[place...]
    }

    /// Whole words only, in whatever case: a user who is called "art" does not change "start".
    private mutating func replacing(_ name: String, of kind: String, in text: String) -> String {
        var result = ""
        var rest = text[...]
        func isWord(_ character: Character?) -> Bool { character.map { $0.isLetter || $0.isNumber } ?? false }
        while let range = rest.range(of: name, options: .caseInsensitive) {
            let before = range.lowerBound > text.startIndex ? text[text.index(before: range.lowerBound)] : nil
            let after = range.upperBound < text.endIndex ? text[range.upperBound] : nil
            let isWhole = !isWord(before) && !isWord(after)
            result += rest[..<range.lowerBound]
            result += isWhole ? standIn(for: name, kind: kind) : String(rest[range])
            rest = rest[range.upperBound...]
        }
        return result + rest
    }
}
