import Synchronization

/// How often a subject may succeed: a person logs in a few times a minute, a program that uses him does so as fast as it
/// can. A token bucket for each subject, in memory.
final class ProofBudget: Sendable {
    struct Limits: Sendable {
        /// Successes that may come at once.
        var burst = 20
        /// Seconds after which one more is granted.
        var seconds = 3.0
    }

    private struct Bucket {
        var tokens: Double
        var updated: ContinuousClock.Instant
    }

    private let limits: Limits
    private let buckets = Mutex<[UInt32: Bucket]>([:])

    init(limits: Limits = Limits()) {
        self.limits = limits
    }

    /// Seconds until the next success is granted; nil: now.
    func delay(for subject: UInt32, at now: ContinuousClock.Instant = .now) -> Int? {
        let tokens = buckets.withLock { current($0[subject], now).tokens }
        return tokens >= 1 ? nil : max(1, Int(((1 - tokens) * limits.seconds).rounded(.up)))
    }

    /// Counts a success.
    func take(for subject: UInt32, at now: ContinuousClock.Instant = .now) {
        buckets.withLock { buckets in
            // Who has been away long enough has a full bucket, which need not be kept.
            if buckets.count > 1024 {
                buckets = buckets.filter { current($0.value, now).tokens < Double(limits.burst) }
            }
            var bucket = current(buckets[subject], now)
            bucket.tokens = max(0, bucket.tokens - 1)
            buckets[subject] = bucket
        }
    }

    private func current(_ bucket: Bucket?, _ now: ContinuousClock.Instant) -> Bucket {
        let full = Double(limits.burst)
        guard let bucket else { return Bucket(tokens: full, updated: now) }
        let elapsed = max(0, bucket.updated.duration(to: now) / .seconds(1))
        return Bucket(tokens: min(full, bucket.tokens + elapsed / limits.seconds), updated: now)
    }
}
