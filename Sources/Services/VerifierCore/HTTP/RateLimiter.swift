import Synchronization
import Varlink

/// Token buckets, one per network: so many requests at once, refilled over a minute. An IPv6 network (a /64) takes from
/// the buckets of its /56 and /48 as well, which hold more: one customer may have all of these. The table is bounded;
/// when it is full, the buckets that are fullest go first, so that nobody gains by crowding it.
final class RateLimiter: Sendable {
    private let requestsPerMinute: Double
    private let tableLimit: Int
    private let start = ContinuousClock.now
    private let buckets = Mutex<[[UInt8]: TokenBucket]>([:])

    init(requestsPerMinute: Int, tableLimit: Int = 50_000) {
        self.requestsPerMinute = Double(requestsPerMinute)
        self.tableLimit = tableLimit
    }

    var tableCount: Int { buckets.withLock { $0.count } }

    /// Takes one token.
    ///
    /// - Returns: nil if there was one, else the seconds until there is.
    func admit(_ network: [UInt8], at instant: ContinuousClock.Instant = .now) -> Int? {
        let now = instant - start
        let blocks = Self.blocks(of: network)
        return buckets.withLock { buckets in
            if buckets.count > tableLimit - blocks.count { makeRoom(in: &buckets, at: now) }
            let waits = blocks.compactMap { buckets[$0, default: bucket(of: $0, at: now)].delay(at: now) }
            if let wait = waits.max() { return wait }
            for block in blocks { buckets[block, default: bucket(of: block, at: now)].take(at: now) }
            return nil
        }
    }

    /// The network with the blocks around it that one customer may have.
    private static func blocks(of network: [UInt8]) -> [[UInt8]] {
        network.count == 8 ? [network, Array(network.prefix(7)), Array(network.prefix(6))] : [network]
    }

    /// A full one: so many requests at once, refilled over a minute.
    private func bucket(of block: [UInt8], at now: Duration) -> TokenBucket {
        let capacity =
            switch block.count {
            case 7: requestsPerMinute * 4
            case 6: requestsPerMinute * 16
            default: requestsPerMinute
            }
        return TokenBucket(capacity: capacity, rate: capacity / 60, at: now)
    }

    private func makeRoom(in buckets: inout [[UInt8]: TokenBucket], at now: Duration) {
        buckets = buckets.filter { !$0.value.isFull(at: now) }
        guard buckets.count > tableLimit * 9 / 10 else { return }
        // Everybody is busy: forget those who have least to gain by it.
        let fullest = buckets.map { (key: $0.key, share: $0.value.level(at: now) / $0.value.capacity) }
            .sorted { $0.share > $1.share }
            .prefix(tableLimit / 10 + 3)
        for entry in fullest { buckets[entry.key] = nil }
    }
}

/// Something of which there is so much for all together, and of that so much for each network.
final class SharedBudget: Sendable {
    private struct State {
        var used = 0
        var perNetwork: [[UInt8]: Int] = [:]
    }

    private let total: Int
    private let share: Int
    private let state = Mutex(State())

    init(total: Int, share: Int) {
        self.total = total
        self.share = share
    }

    /// Takes `amount`, unless that is more than is left for all or for this network.
    func take(_ amount: Int, for network: [UInt8]) -> Bool {
        state.withLock { state in
            let ofNetwork = state.perNetwork[network, default: 0]
            guard amount <= total - state.used, amount <= share - ofNetwork else { return false }
            state.used += amount
            state.perNetwork[network] = ofNetwork + amount
            return true
        }
    }

    /// Gives back what was taken.
    func give(_ amount: Int, from network: [UInt8]) {
        guard amount > 0 else { return }
        state.withLock { state in
            state.used -= amount
            let ofNetwork = state.perNetwork[network, default: amount] - amount
            state.perNetwork[network] = ofNetwork > 0 ? ofNetwork : nil
        }
    }

    var used: Int { state.withLock { $0.used } }
}
