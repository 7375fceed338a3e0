import Foundation

/// The authentication part of a PAM service's configuration, with what it includes (pam.conf(5)).
struct PamStack {
    struct Entry: Equatable {
        let control: String
        /// The module, as it is named there.
        let path: String
        let arguments: [String]
        let file: String
        /// From 1.
        let line: Int

        /// The last component of the module's path.
        var module: String { (path as NSString).lastPathComponent }
    }

    enum Trouble: Error, Equatable, CustomStringConvertible {
        case missing(String)
        case tooDeep(String)

        var description: String {
            switch self {
            case .missing(let name): "there is no PAM configuration '\(name)'"
            case .tooDeep(let name): "the PAM configuration '\(name)' includes itself"
            }
        }
    }

    /// Modules that ask for a password, or hand it to somebody who knows it.
    static let passwordModules: Set<String> = [
        "pam_unix.so", "pam_sss.so", "pam_ldap.so", "pam_winbind.so", "pam_krb5.so", "pam_systemd_home.so",
        "pam_pwdfile.so", "pam_userdb.so", "pam_radius_auth.so", "pam_tcb.so",
    ]
    static let ownModule = "pam_semblance.so"
    private static let greatestDepth = 16
    private static let longestFile = 1 << 16

    private(set) var entries: [Entry] = []

    /// - Parameter directories: where service files are, the first that has one counts.
    init(service: String, directories: [String]) throws(Trouble) {
        try add(service, directories, depth: 0)
    }

    private mutating func add(_ name: String, _ directories: [String], depth: Int) throws(Trouble) {
        guard depth < Self.greatestDepth else { throw .tooDeep(name) }
        guard !name.isEmpty, name.hasPrefix("/") || !name.contains("/") else { throw .missing(name) }
        let paths = name.hasPrefix("/") ? [name] : directories.map { "\($0)/\(name)" }
        guard let path = paths.first(where: { FileManager.default.fileExists(atPath: $0) }),
            let handle = FileHandle(forReadingAtPath: path)
        else { throw .missing(name) }
        defer { try? handle.close() }
        let data = (try? handle.read(upToCount: Self.longestFile)) ?? Data()
        for (number, text) in Self.lines(String(decoding: data, as: UTF8.self)) {
            let words = Self.words(text)
            guard let first = words.first else { continue }
            if first == "@include", words.count > 1 {
                try add(words[1], directories, depth: depth + 1)
                continue
            }
            // A dash before the type: no complaint where the module is missing.
            guard first == "auth" || first == "-auth", words.count > 2 else { continue }
            if words[1] == "include" || words[1] == "substack" {
                try add(words[2], directories, depth: depth + 1)
                continue
            }
            entries.append(
                Entry(
                    control: words[1],
                    path: words[2],
                    arguments: Array(words.dropFirst(3)),
                    file: path,
                    line: number
                )
            )
        }
    }

    /// The lines with their numbers, continued ones joined, without comments.
    private static func lines(_ text: String) -> [(Int, String)] {
        var lines: [(Int, String)] = []
        var pending: (Int, String)?
        for (index, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
            let bare = String(line.prefix { $0 != "#" })
            let (number, start) = pending ?? (index + 1, "")
            if bare.hasSuffix("\\") {
                pending = (number, start + bare.dropLast() + " ")
            } else {
                lines.append((number, start + bare))
                pending = nil
            }
        }
        if let pending { lines.append(pending) }
        return lines
    }

    /// Words by blanks; what is in brackets is one word.
    private static func words(_ line: String) -> [String] {
        var words: [String] = []
        var word = ""
        var isBracketed = false
        for character in line {
            switch character {
            case "[" where word.isEmpty: isBracketed = true
            case "]" where isBracketed: isBracketed = false
            case " ", "\t":
                if isBracketed {
                    word.append(character)
                } else if !word.isEmpty {
                    words.append(word)
                    word = ""
                }
            default: word.append(character)
            }
        }
        return word.isEmpty ? words : words + [word]
    }
}
