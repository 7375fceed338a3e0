import Encoding
import Foundation
import Sodium
import Synchronization

#if canImport(Glibc)
    import Glibc
#endif

/// What the user sees while a command runs. Results go to standard output, everything else to standard error.
enum Terminal {
    static let isInteractive = isatty(STDERR_FILENO) == 1

    static func note(_ text: String) {
        FileHandle.standardError.write(Data("semblance: \(harmless(text))\n".utf8))
    }

    static func result(_ text: String) {
        FileHandle.standardOutput.write(Data("\(harmless(text))\n".utf8))
    }

    /// Without characters that could move the cursor, speak to the terminal or turn the direction of writing: some of what
    /// is shown came from a verifier. Lines stay lines.
    static func harmless(_ text: String) -> String {
        DisplayName.shown(text) { $0 == "\n" || $0 == "\t" }
    }

    /// Puts a question that is answered with y or yes at the terminal that controls this process; nil where there is none.
    static func asksYes(_ question: String) -> Bool? {
        answer(question).map { ["y", "yes"].contains($0.lowercased()) }
    }

    /// The line that answers a question at the terminal that controls this process, empty where it was closed; nil where there
    /// is none.
    static func answer(_ question: String) -> String? {
        guard let terminal = fopen("/dev/tty", "r+e") else { return nil }
        defer { fclose(terminal) }
        guard tcgetpgrp(fileno(terminal)) == getpgrp() else { return nil }
        fputs(question, terminal)
        fflush(terminal)
        var line = [CChar](repeating: 0, count: 256)
        guard fgets(&line, Int32(line.count), terminal) != nil else { return "" }
        let answer = String(decoding: line.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        return answer.trimmingCharacters(in: .newlines)
    }

    /// One JSON document on standard output, keys sorted.
    static func result(json value: some Encodable) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        let document = try encoder.encode(value)
        hasDocument.withLock { $0 = true }
        FileHandle.standardOutput.write(document + Data("\n".utf8))
    }

    /// `{"error": {"code", "message", "hint"}}`, unless a document was printed already.
    static func failure(code: String, message: String, hint: String?) {
        guard !hasDocument.withLock({ $0 }) else { return }
        try? result(json: ["error": FailureReport(code: code, message: message, hint: hint)])
    }

    /// What `--json` prints of a failure.
    struct FailureReport: Codable {
        /// An exit status by its name, or `usage`.
        let code: String
        let message: String
        let hint: String?
    }

    private static let hasDocument = Mutex(false)
}

/// A progress bar on the terminal's last line, erased when done; nothing at all where standard error is not a terminal.
final class ProgressBar: Sendable {
    private let isShown: Bool
    private let lastMessage = Mutex<String?>(nil)

    init(isShown: Bool = Terminal.isInteractive) {
        self.isShown = isShown
    }

    func update(message: String, fraction: Double?) {
        guard isShown else { return }
        let width = 24
        let bar: String
        if let fraction {
            let filled = Int((min(max(fraction, 0), 1) * Double(width)).rounded())
            bar = "[" + String(repeating: "#", count: filled) + String(repeating: ".", count: width - filled) + "] "
        } else {
            bar = ""
        }
        lastMessage.withLock { $0 = message }
        FileHandle.standardError.write(Data("\r\u{1b}[K\(bar)\(message)".utf8))
    }

    func finish() {
        guard isShown, lastMessage.withLock({ $0 != nil }) else { return }
        FileHandle.standardError.write(Data("\r\u{1b}[K".utf8))
    }
}
