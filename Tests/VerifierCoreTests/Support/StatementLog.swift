import Synchronization

/// The statements that a database ran, and what the values in them were.
final class StatementLog: Sendable {
    private let stored = Mutex<[String]>([])

    func append(_ statement: String) {
        stored.withLock { $0.append(statement) }
    }

    /// What came since the last call.
    func take() -> [String] {
        stored.withLock { log in
            defer { log = [] }
            return log
        }
    }
}
