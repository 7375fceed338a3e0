import Foundation
import Sodium

#if canImport(Glibc)
    import Glibc
#endif

/// Secrets at the terminal that controls this process, and at no other place: output that goes to a file, a pipe or a log has none.
enum SecretTerminal {
    private static let longestLine = 256

    static func show(_ text: [UInt8]) throws {
        let terminal = try opened()
        defer { close(terminal) }
        guard SecretBytes(copying: text).write(to: terminal), SecretBytes(copying: Array("\n".utf8)).write(to: terminal)
        else {
            throw CommandFailure(.failure, "the terminal cannot be written to")
        }
    }

    /// The line that is typed, which is not shown; nil where it is too long.
    static func ask() throws -> SecretBytes? {
        let terminal = try opened()
        defer { close(terminal) }
        var usual = termios()
        guard tcgetattr(terminal, &usual) == 0 else { throw CommandFailure(.failure, "the terminal cannot be read") }
        var silent = usual
        // Without signals either: Ctrl-C would leave the terminal silent. It makes the line one that is no key.
        silent.c_lflag &= ~tcflag_t(ECHO | ISIG)
        tcsetattr(terminal, TCSAFLUSH, &silent)
        defer { tcsetattr(terminal, TCSAFLUSH, &usual) }
        _ = SecretBytes(copying: Array("Recovery key: ".utf8)).write(to: terminal)
        var line = [UInt8](repeating: 0, count: longestLine)
        defer { SecretBytes.zero(&line) }
        let count = line.withUnsafeMutableBytes { read(terminal, $0.baseAddress, $0.count) }
        _ = SecretBytes(copying: Array("\n".utf8)).write(to: terminal)
        guard count > 0, line[count - 1] == UInt8(ascii: "\n") else { return nil }
        return SecretBytes(copying: line[..<(count - 1)])
    }

    private static func opened() throws -> Int32 {
        let terminal = open("/dev/tty", O_RDWR | O_CLOEXEC)
        guard terminal >= 0, tcgetpgrp(terminal) == getpgrp() else {
            if terminal >= 0 { close(terminal) }
            throw CommandFailure(.notPermitted, "there is no terminal", hint: "run it in the foreground of one")
        }
        return terminal
    }
}
