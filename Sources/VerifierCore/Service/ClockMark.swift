import Synchronization

/// The latest wall-clock time that this process has seen: challenges leave nothing in the database by which it could be
/// noticed that the clock went back since.
final class ClockMark: Sendable {
    private let newest = Mutex<UInt64>(0)

    /// Takes note of a reading, in seconds.
    ///
    /// - Returns: the latest before it.
    func note(_ seconds: UInt64) -> UInt64 {
        newest.withLock { newest in
            defer { newest = max(newest, seconds) }
            return newest
        }
    }

    /// Begins anew at `seconds`, after the clock went back.
    func reset(to seconds: UInt64) {
        newest.withLock { $0 = seconds }
    }
}
