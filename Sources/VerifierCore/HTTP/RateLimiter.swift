import Synchronization

/// Token buckets, one per network: so many requests at once, refilled over a minute. The table is bounded; when it is
/// full, the buckets that are full again go first.
final class RateLimiter: Sendable {
    private struct Bucket {
        var tokens: Double
        var time: ContinuousClock.Instant
    }

    private let capacity: Double
    private let perSecond: Double
    private let tableLimit: Int
    private let buckets = Mutex<[[UInt8]: Bucket]>([:])

    init(requestsPerMinute: Int, tableLimit: Int = 50_000) {
        self.capacity = Double(requestsPerMinute)
        self.perSecond = Double(requestsPerMinute) / 60
        self.tableLimit = tableLimit
    }

    /// Takes one token.
    ///
    /// - Returns: nil if there was one, else the seconds until there is.
    func admit(_ network: [UInt8], at now: ContinuousClock.Instant = .now) -> Int? {
        buckets.withLock { buckets in
            if buckets.count >= tableLimit, buckets[network] == nil { makeRoom(in: &buckets, at: now) }
            var bucket = buckets[network] ?? Bucket(tokens: capacity, time: now)
            bucket.tokens = level(of: bucket, at: now)
            bucket.time = now
            let isAdmitted = bucket.tokens >= 1
            if isAdmitted { bucket.tokens -= 1 }
            buckets[network] = bucket
            return isAdmitted ? nil : max(1, Int(((1 - bucket.tokens) / perSecond).rounded(.up)))
        }
    }

    private func level(of bucket: Bucket, at now: ContinuousClock.Instant) -> Double {
        let seconds = (now - bucket.time) / .seconds(1)
        return min(capacity, bucket.tokens + max(0, seconds) * perSecond)
    }

    private func makeRoom(in buckets: inout [[UInt8]: Bucket], at now: ContinuousClock.Instant) {
        buckets = buckets.filter { level(of: $0.value, at: now) < capacity }
        guard buckets.count >= tableLimit else { return }
        // Everybody is busy: forget the ones that were quiet longest.
        let quietest = buckets.sorted { $0.value.time < $1.value.time }.prefix(tableLimit / 10 + 1)
        for entry in quietest { buckets[entry.key] = nil }
    }
}
