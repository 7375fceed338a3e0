import Foundation
import Synchronization

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
