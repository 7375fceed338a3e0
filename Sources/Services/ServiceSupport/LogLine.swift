import Encoding
import Logging
import Sodium

/// One event of the log, as text and as fields of the journal (systemd.journal-fields(7)).
struct LogLine {
    let level: Logger.Level
    let message: String
    let values: [(key: String, value: String)]

    /// `notice proof accepted purpose=sudo subject=alice`
    var text: String { "\(level.rawValue) \(readable)" }

    /// `PRIORITY=`, `MESSAGE=` with the values for who reads it, and each value as `SEMBLANCE_KEY=` for who searches.
    var fields: [String] {
        ["PRIORITY=\(priority)", "MESSAGE=\(readable)"]
            + values.map { "SEMBLANCE_\(Self.fieldName($0.key))=\(Self.escaped($0.value))" }
    }

    private var readable: String {
        ([Self.escaped(message)] + values.map { "\(Self.escaped($0.key))=\(Self.quoted($0.value))" })
            .joined(separator: " ")
    }

    /// syslog(3).
    private var priority: Int {
        switch level {
        case .trace, .debug: 7
        case .info: 6
        case .notice: 5
        case .warning: 4
        case .error: 3
        case .critical: 2
        }
    }

    /// Upper case, digits and underscores, at most 64 characters with the prefix.
    private static func fieldName(_ key: String) -> String {
        var name = ""
        for character in key.unicodeScalars.prefix(50) {
            if ("A"..."Z").contains(character), name.last?.isLowercase == true { name += "_" }
            let isPlain = character.isASCII && (character.properties.isAlphabetic || ("0"..."9").contains(character))
            name.unicodeScalars.append(isPlain ? character : "_")
        }
        return name.uppercased()
    }

    /// A value that others may have chosen can neither begin a line of its own nor be taken for another value.
    private static func quoted(_ value: String) -> String {
        let isPlain = !value.isEmpty && value.unicodeScalars.allSatisfy { $0 != " " && $0 != "\"" && $0 != "=" }
        if isPlain { return escaped(value) }
        return "\"" + escaped(value).replacing("\"", with: "\\\"") + "\""
    }

    /// What is not harmless to show, and backslashes, as escapes.
    private static func escaped(_ text: String) -> String {
        var result = ""
        for scalar in text.unicodeScalars {
            guard DisplayName.isHarmless(scalar) else {
                result += "\\u{\(String(scalar.value, radix: 16))}"
                continue
            }
            if scalar == "\\" { result += "\\" }
            result.unicodeScalars.append(scalar)
        }
        return result
    }
}
