import Synchronization

/// Token buckets, one per network: so many requests at once, refilled over a minute. An IPv6 network (a /64) takes from
/// the buckets of its /56 and /48 as well, which hold more: one customer may have all of these. The table is bounded;
/// when it is full, the buckets that are fullest go first, so that nobody gains by crowding it.
final class RateLimiter: Sendable {
    private struct Bucket {
        var tokens: Double
        var time: ContinuousClock.Instant
    }

    private let requestsPerMinute: Double
    private let tableLimit: Int
    private let buckets = Mutex<[[UInt8]: Bucket]>([:])

    init(requestsPerMinute: Int, tableLimit: Int = 50_000) {
        self.requestsPerMinute = Double(requestsPerMinute)
        self.tableLimit = tableLimit
    }

    var tableCount: Int { buckets.withLock { $0.count } }

    /// Takes one token.
    ///
    /// - Returns: nil if there was one, else the seconds until there is.
    func admit(_ network: [UInt8], at now: ContinuousClock.Instant = .now) -> Int? {
        let blocks = Self.blocks(of: network)
        return buckets.withLock { buckets in
            if buckets.count > tableLimit - blocks.count { makeRoom(in: &buckets, at: now) }
            var wait: Double = 0
            for block in blocks {
                let bucket = buckets[block] ?? Bucket(tokens: capacity(of: block), time: now)
                let tokens = level(of: bucket, block, at: now)
                buckets[block] = Bucket(tokens: tokens, time: now)
                if tokens < 1 { wait = max(wait, (1 - tokens) * 60 / capacity(of: block)) }
            }
            guard wait == 0 else { return max(1, Int(wait.rounded(.up))) }
            for block in blocks { buckets[block]?.tokens -= 1 }
            return nil
        }
    }

    /// The network with the blocks around it that one customer may have.
    private static func blocks(of network: [UInt8]) -> [[UInt8]] {
        network.count == 8 ? [network, Array(network.prefix(7)), Array(network.prefix(6))] : [network]
    }

    /// Requests at once, and refilled over a minute.
    private func capacity(of block: [UInt8]) -> Double {
        switch block.count {
        case 7: requestsPerMinute * 4
        case 6: requestsPerMinute * 16
        default: requestsPerMinute
        }
    }

    private func level(of bucket: Bucket, _ block: [UInt8], at now: ContinuousClock.Instant) -> Double {
        let seconds = max(0, (now - bucket.time) / .seconds(1))
        return min(capacity(of: block), bucket.tokens + seconds * capacity(of: block) / 60)
    }

    private func makeRoom(in buckets: inout [[UInt8]: Bucket], at now: ContinuousClock.Instant) {
        buckets = buckets.filter { level(of: $0.value, $0.key, at: now) < capacity(of: $0.key) }
        guard buckets.count > tableLimit * 9 / 10 else { return }
        // Everybody is busy: forget those who have least to gain by it.
        let fullest = buckets.map { (key: $0.key, share: level(of: $0.value, $0.key, at: now) / capacity(of: $0.key)) }
            .sorted { $0.share > $1.share }
            .prefix(tableLimit / 10 + 3)
        for entry in fullest { buckets[entry.key] = nil }
    }
}
