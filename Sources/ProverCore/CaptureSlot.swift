import Synchronization

/// One capture at a time: there is one sensor, and one face in front of it.
final class CaptureSlot: Sendable {
    private let isTaken = Mutex(false)

    /// Whether the slot was free and is the caller's now.
    func take() -> Bool {
        isTaken.withLock { taken in
            defer { taken = true }
            return !taken
        }
    }

    func release() {
        isTaken.withLock { $0 = false }
    }
}
