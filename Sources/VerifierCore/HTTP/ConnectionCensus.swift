import Synchronization

/// How many connections each network has open.
final class ConnectionCensus: Sendable {
    private let limit: Int
    private let counts = Mutex<[[UInt8]: Int]>([:])

    /// - Parameter limit: connections at a time from one network.
    init(limit: Int) {
        self.limit = limit
    }

    /// Counts a new connection, unless its network has as many as it may.
    func enter(_ network: [UInt8]) -> Bool {
        counts.withLock { counts in
            let count = counts[network] ?? 0
            guard count < limit else { return false }
            counts[network] = count + 1
            return true
        }
    }

    func leave(_ network: [UInt8]) {
        counts.withLock { counts in
            let count = (counts[network] ?? 0) - 1
            counts[network] = count > 0 ? count : nil
        }
    }
}
