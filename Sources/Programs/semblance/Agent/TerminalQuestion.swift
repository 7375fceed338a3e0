import Foundation

#if canImport(Glibc)
    import Glibc
#endif

/// Asks the person at the terminal that controls this process: not standard input, which a program could be at the other
/// end of.
struct TerminalQuestion {
    enum Answer: Equatable {
        /// An empty line.
        case allowed
        /// Anything else, or nothing in time.
        case refused
    }

    /// From the question to when it can be answered.
    private static let pause = Duration.milliseconds(700)

    private let path: String

    init(path: String = "/dev/tty") {
        self.path = path
    }

    /// Whether this process has a terminal and is in front on it. A job in the background must not ask: whoever types
    /// then means another program.
    var canAsk: Bool {
        guard let descriptor = openTerminal() else { return false }
        defer { close(descriptor) }
        return tcgetpgrp(descriptor) == getpgrp()
    }

    /// Shows the lines, forgets what was typed before, and waits for a line.
    ///
    /// - Parameter isWithdrawn: looked at several times a second; ends the waiting.
    func ask(_ lines: [String], seconds: Int, isWithdrawn: () -> Bool) -> Answer {
        guard let descriptor = openTerminal(), tcgetpgrp(descriptor) == getpgrp() else { return .refused }
        defer { close(descriptor) }
        Self.write("\r\u{1b}[K" + lines.map(Terminal.harmless).joined(separator: "\n") + "\n", to: descriptor)
        // A key that was meant for what stood here before is none for this question.
        let open = ContinuousClock.now + Self.pause
        while ContinuousClock.now < open, !isWithdrawn() { usleep(50_000) }
        tcflush(descriptor, TCIFLUSH)
        Self.write("Press Enter to allow it, or type anything to refuse: ", to: descriptor)
        let deadline = ContinuousClock.now + .seconds(seconds)
        while ContinuousClock.now < deadline, !isWithdrawn() {
            var query = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
            guard poll(&query, 1, 200) > 0 else { continue }
            return Self.isEmptyLine(descriptor) ? .allowed : .refused
        }
        Self.write("\n", to: descriptor)
        return .refused
    }

    /// Whether the next line is empty. The terminal hands over whole lines; the end of input is no consent.
    private static func isEmptyLine(_ descriptor: Int32) -> Bool {
        var buffer = [UInt8](repeating: 0, count: 256)
        let count = read(descriptor, &buffer, buffer.count)
        return count == 1 && (buffer[0] == UInt8(ascii: "\n") || buffer[0] == UInt8(ascii: "\r"))
    }

    private func openTerminal() -> Int32? {
        let descriptor = open(path, O_RDWR | O_CLOEXEC | O_NOCTTY)
        return descriptor >= 0 ? descriptor : nil
    }

    private static func write(_ text: String, to descriptor: Int32) {
        let bytes = Array(text.utf8)
        _ = Glibc.write(descriptor, bytes, bytes.count)
    }
}
