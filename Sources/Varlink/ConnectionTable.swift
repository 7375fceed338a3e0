import NIOConcurrencyHelpers
import NIOCore

/// Who is connected, and how fast each user calls.
final class ConnectionTable: Sendable {
    private struct Bucket {
        var tokens: Double
        var updated: NIODeadline
    }

    private struct State {
        var total = 0
        var perUser: [UInt32: Int] = [:]
        var buckets: [UInt32: Bucket] = [:]
        var nextIdentifier: UInt64 = 1
    }

    private let limits: VarlinkLimits
    private let state = NIOLockedValueBox(State())

    init(limits: VarlinkLimits) {
        self.limits = limits
    }

    /// The identifier of a new connection of `uid`; nil when a cap is reached.
    func admit(_ uid: UInt32) -> UInt64? {
        state.withLockedValue { state in
            let ofUser = state.perUser[uid, default: 0]
            guard state.total < limits.connections, ofUser < limits.connectionsPerUser else { return nil }
            state.total += 1
            state.perUser[uid] = ofUser + 1
            state.nextIdentifier += 1
            return state.nextIdentifier - 1
        }
    }

    func release(_ uid: UInt32) {
        state.withLockedValue { state in
            state.total -= 1
            let ofUser = state.perUser[uid, default: 1] - 1
            state.perUser[uid] = ofUser > 0 ? ofUser : nil
        }
    }

    /// How many users' rates are remembered.
    var userCount: Int { state.withLockedValue { $0.buckets.count } }

    /// Takes one call off the account of `uid` (a token bucket) and returns how long to wait before it is answered.
    func delayForCall(by uid: UInt32, at now: NIODeadline) -> TimeAmount {
        guard uid != 0 else { return .zero }
        return state.withLockedValue { state in
            let rate = Double(limits.callsPerSecondPerUser)
            let burst = Double(limits.burstPerUser)
            // A user who has been away long enough has a full bucket, so that entry need not be kept.
            if state.buckets.count > 1024 {
                state.buckets = state.buckets.filter {
                    Double((now - $0.value.updated).nanoseconds) / 1e9 * rate < burst
                }
            }
            var bucket = state.buckets[uid] ?? Bucket(tokens: burst, updated: now)
            let elapsed = Double(max(0, (now - bucket.updated).nanoseconds)) / 1e9
            bucket.tokens = min(burst, bucket.tokens + elapsed * rate) - 1
            bucket.updated = now
            state.buckets[uid] = bucket
            return bucket.tokens >= 0 ? .zero : .nanoseconds(Int64(-bucket.tokens / rate * 1e9))
        }
    }
}
