import CSystemd
import Glibc
import Logging

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
