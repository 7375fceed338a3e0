import Synchronization
import Varlink

/// How often a subject may succeed: a person logs in a few times a minute, a program that uses him does so as fast as it
/// can. A token bucket for each subject, in memory.
final class ProofBudget: Sendable {
    struct Limits: Sendable {
        /// Successes that may come at once.
        var burst = 20
        /// Seconds after which one more is granted.
        var seconds = 3.0
    }

    private let limits: Limits
    private let start = ContinuousClock.now
    private let buckets = Mutex<[UInt32: TokenBucket]>([:])

    init(limits: Limits = Limits()) {
        self.limits = limits
    }

    /// Seconds until the next success is granted; nil: now.
    func delay(for subject: UInt32, at now: ContinuousClock.Instant = .now) -> Int? {
        buckets.withLock { $0[subject]?.delay(at: now - start) }
    }

    /// Counts a success.
    func take(for subject: UInt32, at now: ContinuousClock.Instant = .now) {
        let now = now - start
        let full = TokenBucket(capacity: Double(limits.burst), rate: 1 / limits.seconds, at: now)
        buckets.withLock { buckets in
            // Who has been away long enough has a full bucket, which need not be kept.
            if buckets.count > 1024 { buckets = buckets.filter { !$0.value.isFull(at: now) } }
            buckets[subject, default: full].take(at: now)
        }
    }
}
