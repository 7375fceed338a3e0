import NIOConcurrencyHelpers
import NIOCore

/// Who is connected, and how fast each user calls.
final class ConnectionTable: Sendable {
    private struct Entry {
        let uid: UInt32
        /// Since when no call is running and none is arriving; nil while one is.
        var idleSince: NIODeadline?
        /// Ends the connection; nil until its handler is known.
        var close: (@Sendable () -> Void)?
        /// Whom a proxy has said that the connection is for.
        var represented: PeerCredentials?
    }

    private struct State {
        var entries: [UInt64: Entry] = [:]
        var perUser: [UInt32: Int] = [:]
        var buckets: [UInt32: TokenBucket] = [:]
        var nextIdentifier: UInt64 = 1
        var refusalTold: NIODeadline?
    }

    private let limits: VarlinkLimits
    private let state = NIOLockedValueBox(State())

    init(limits: VarlinkLimits) {
        self.limits = limits
    }

    /// The identifier of a new connection of `uid`; nil when a cap is reached. When all places are taken, an idle
    /// connection makes room: of the user who has the most, if that is more than the new one would have or the new one
    /// is root's, or whosoever is idle for longer than a full server grants.
    func admit(_ uid: UInt32, at now: NIODeadline = .now()) -> UInt64? {
        let (identifier, victim) = state.withLockedValue { state -> (UInt64?, Entry?) in
            let ofUser = state.perUser[uid, default: 0]
            guard uid == 0 || ofUser < limits.connectionsPerUser else { return (nil, nil) }
            var victim: Entry?
            if isFull(for: uid, state) {
                victim = evict(havingMoreThan: uid == 0 ? 0 : ofUser + 1, from: &state, at: now)
                guard victim != nil else { return (nil, nil) }
            }
            state.perUser[uid, default: 0] += 1
            state.entries[state.nextIdentifier] = Entry(uid: uid, idleSince: now)
            state.nextIdentifier += 1
            return (state.nextIdentifier - 1, victim)
        }
        victim?.close?()
        return identifier
    }

    /// Says how the connection is ended when its place is needed.
    func attach(_ identifier: UInt64, close: @escaping @Sendable () -> Void) {
        let isGone = state.withLockedValue { state in
            state.entries[identifier]?.close = close
            return state.entries[identifier] == nil
        }
        if isGone { close() }
    }

    /// Makes the connection somebody's for whom a proxy speaks; false where it is somebody's already, or gone.
    func represent(_ caller: PeerCredentials, on identifier: UInt64) -> Bool {
        state.withLockedValue { state in
            guard let entry = state.entries[identifier], entry.represented == nil else { return false }
            state.entries[identifier]?.represented = caller
            return true
        }
    }

    /// For whom a proxy speaks on the connection; nil where none does.
    func represented(on identifier: UInt64) -> PeerCredentials? {
        state.withLockedValue { $0.entries[identifier]?.represented }
    }

    /// Whether the connection waits for a call since now, or is busy with one.
    func setIdle(_ isIdle: Bool, _ identifier: UInt64, at now: NIODeadline) {
        state.withLockedValue { $0.entries[identifier]?.idleSince = isIdle ? now : nil }
    }

    func release(_ identifier: UInt64) {
        _ = state.withLockedValue { Self.remove(identifier, from: &$0) }
    }

    /// Whether a refusal should be logged: one a minute, for whoever is refused may come again at once.
    func tellsOfRefusal(at now: NIODeadline = .now()) -> Bool {
        state.withLockedValue { state in
            if let told = state.refusalTold, now - told < .minutes(1) { return false }
            state.refusalTold = now
            return true
        }
    }

    private func isFull(for uid: UInt32, _ state: State) -> Bool {
        guard uid != 0 else { return state.entries.count >= limits.connections }
        let others = state.entries.count - state.perUser[0, default: 0]
        let reserved = min(limits.connectionsForRoot, limits.connections / 4)
        return others >= limits.connections - reserved || state.entries.count >= limits.connections
    }

    private func evict(havingMoreThan bound: Int, from state: inout State, at now: NIODeadline) -> Entry? {
        var best: (identifier: UInt64, count: Int, since: NIODeadline)?
        for (identifier, entry) in state.entries {
            guard entry.uid != 0, let since = entry.idleSince else { continue }
            let count = state.perUser[entry.uid, default: 0]
            guard count > bound || now - since > limits.idleWhenFull else { continue }
            if let best, (best.count, since) >= (count, best.since) { continue }
            best = (identifier, count, since)
        }
        return best.flatMap { Self.remove($0.identifier, from: &state) }
    }

    @discardableResult
    private static func remove(_ identifier: UInt64, from state: inout State) -> Entry? {
        guard let entry = state.entries.removeValue(forKey: identifier) else { return nil }
        let ofUser = state.perUser[entry.uid, default: 1] - 1
        state.perUser[entry.uid] = ofUser > 0 ? ofUser : nil
        return entry
    }

    /// How many users' rates are remembered.
    var userCount: Int { state.withLockedValue { $0.buckets.count } }

    /// Takes one call off the account of `uid` and returns how long to wait before it is answered.
    func delayForCall(by uid: UInt32, at now: NIODeadline) -> TimeAmount {
        guard uid != 0 else { return .zero }
        let now = Duration.nanoseconds(Int64(clamping: now.uptimeNanoseconds))
        return state.withLockedValue { state in
            // A user who has been away long enough has a full bucket, so that entry need not be kept.
            if state.buckets.count > 1024 { state.buckets = state.buckets.filter { !$0.value.isFull(at: now) } }
            let new = TokenBucket(
                capacity: Double(limits.burstPerUser),
                rate: Double(limits.callsPerSecondPerUser),
                at: now
            )
            let seconds = state.buckets[uid, default: new].take(at: now)
            return .nanoseconds(Int64(seconds * 1e9))
        }
    }
}

/// What a server grants to its peers.
public struct VarlinkLimits: Sendable {
    /// The longest message in bytes, without its NUL.
    public var messageByteCount = 1 << 20
    /// How deeply JSON may be nested.
    public var depth = 16
    /// Connections at a time, in all.
    public var connections = 256
    /// Connections at a time of one uid. Root is not limited so.
    public var connectionsPerUser = 16
    /// Of all connections, so many are kept for root, but at most a quarter.
    public var connectionsForRoot = 16
    /// Calls per second of one uid in the long run; more are delayed, not refused. Root is not limited.
    public var callsPerSecondPerUser = 50
    /// Calls of one uid that may come at once before the rate counts.
    public var burstPerUser = 100
    /// How long a connection may be silent between calls.
    public var idle: TimeAmount = .seconds(120)
    /// The same when a new connection needs the place.
    public var idleWhenFull: TimeAmount = .seconds(20)
    /// How long a message may take from its first to its last byte.
    public var message: TimeAmount = .seconds(10)
    /// How long a peer may take to read a reply.
    public var write: TimeAmount = .seconds(10)

    public init() {}

    /// Descriptors that a server with all its connections holds for them: of each the socket and the process at its
    /// other end.
    public var descriptorCount: Int { 2 * connections }
}
