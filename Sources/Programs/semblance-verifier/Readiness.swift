import Synchronization

/// Calls its closure when everything that is expected has arrived.
final class Readiness: Sendable {
    private let missing: Mutex<Int>
    private let whenReady: @Sendable () -> Void

    init(expected: Int, whenReady: @escaping @Sendable () -> Void) {
        self.missing = Mutex(expected)
        self.whenReady = whenReady
    }

    func arrive() {
        let isReady = missing.withLock { missing in
            missing -= 1
            return missing == 0
        }
        if isReady { whenReady() }
    }
}
