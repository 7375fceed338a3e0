import CSystemd
import Encoding
import Glibc
import Logging
import Sodium

/// Where the daemons' log goes: to the journal by its own protocol, with priority and fields, if standard error is the
/// journal; else to standard error as text.
public struct ServiceLogHandler: LogHandler {
    private enum Output {
        case journal
        /// One line each; the service manager and who runs a test stamp them themselves.
        case text(isStamped: Bool)
    }

    private let output: Output
    public var metadata: Logger.Metadata = [:]
    public var logLevel: Logger.Level = .info

    /// A logger of this kind. Reads `JOURNAL_STREAM` and `INVOCATION_ID` (systemd.exec(5)).
    public static func logger(_ label: String) -> Logger {
        Logger(label: label) { _ in
            ServiceLogHandler(
                journalStream: getenv("JOURNAL_STREAM").map { String(cString: $0) },
                isManaged: getenv("INVOCATION_ID") != nil
            )
        }
    }

    /// - Parameters:
    ///   - journalStream: device and inode of the journal's stream, `8:1234`, as the service manager tells them.
    ///   - isManaged: whether a service manager runs this program.
    init(journalStream: String?, isManaged: Bool) {
        var info = stat()
        let isJournal = fstat(STDERR_FILENO, &info) == 0 && journalStream == "\(info.st_dev):\(info.st_ino)"
        self.output = isJournal ? .journal : .text(isStamped: !isManaged)
    }

    public subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    public func log(event: LogEvent) {
        let values = metadata.merging(event.metadata ?? [:]) { $1 }
            .map { (key: $0.key, value: "\($0.value)") }
            .sorted { $0.key < $1.key }
        let line = LogLine(level: event.level, message: "\(event.message)", values: values)
        switch output {
        case .journal:
            if !Self.send(line.fields) { Self.write(line.text) }
        case .text(let isStamped):
            Self.write(isStamped ? Self.stamp() + line.text : line.text)
        }
    }

    /// sd_journal_sendv(3); false if the journal did not take it.
    private static func send(_ fields: [String]) -> Bool {
        var buffers = fields.map { field in
            let bytes = Array(field.utf8)
            let copy = UnsafeMutableRawBufferPointer.allocate(byteCount: bytes.count, alignment: 1)
            copy.copyBytes(from: bytes)
            return iovec(iov_base: copy.baseAddress, iov_len: copy.count)
        }
        defer { for buffer in buffers { buffer.iov_base?.deallocate() } }
        return sd_journal_sendv(&buffers, Int32(buffers.count)) == 0
    }

    private static func write(_ line: String) {
        // One call, so that lines of several threads do not mix.
        var line = line + "\n"
        line.withUTF8 { _ = Glibc.write(STDERR_FILENO, $0.baseAddress, $0.count) }
    }

    private static func stamp() -> String {
        var now = time(nil)
        var parts = tm()
        gmtime_r(&now, &parts)
        var text = [CChar](repeating: 0, count: 32)
        let count = strftime(&text, text.count, "%Y-%m-%dT%H:%M:%SZ ", &parts)
        return String(decoding: text.prefix(count).map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}

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
