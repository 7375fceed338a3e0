import NIOCore
import Synchronization

/// Who is connected. When all places are taken, the connection that is needed least makes room for a new one, so that
/// half-open and idle connections keep nobody out; a connection whose request is being answered is never ended so.
final class ConnectionRegistry: Sendable {
    /// How a connection is told to end.
    struct Ending: Sendable {
        /// At once.
        let close: @Sendable () -> Void
        /// After the answers to the requests that have arrived whole.
        let drain: @Sendable () -> Void
    }

    private struct Entry {
        /// Nil for a trusted proxy, which speaks for many.
        let network: [UInt8]?
        let ending: Ending
        /// When the connection, or its present wait for a whole request, began. What drips in does not move it.
        var since: NIODeadline
        var hasCompletedRequest = false
        var isAnswering = false
    }

    private struct State {
        var entries: [UInt64: Entry] = [:]
        var counts: [[UInt8]: Int] = [:]
        var nextIdentifier: UInt64 = 1
        var isDraining = false
    }

    /// How long a new connection is given before it counts as one that sends nothing.
    private static let patience: TimeAmount = .seconds(1)

    private let limit: Int
    private let limitPerNetwork: Int
    private let state = Mutex(State())

    /// - Parameters:
    ///   - limit: connections at a time.
    ///   - limitPerNetwork: connections at a time from one network.
    init(limit: Int, limitPerNetwork: Int) {
        self.limit = limit
        self.limitPerNetwork = limitPerNetwork
    }

    var count: Int { state.withLock { $0.entries.count } }

    /// Counts a new connection and returns its identifier; another one is ended for it if there is no place. Nil if
    /// all others are busy.
    func enter(_ network: [UInt8]?, at now: NIODeadline, ending: Ending) -> UInt64? {
        let (identifier, victim, isDraining) = state.withLock { state -> (UInt64?, Ending?, Bool) in
            var victim: Ending?
            let ofNetwork = network.map { state.counts[$0, default: 0] } ?? 0
            if ofNetwork >= limitPerNetwork {
                guard let entry = Self.evict(from: &state, at: now, only: network) else { return (nil, nil, false) }
                victim = entry
            } else if state.entries.count >= limit {
                guard let entry = Self.evict(from: &state, at: now, only: nil) else { return (nil, nil, false) }
                victim = entry
            }
            let identifier = state.nextIdentifier
            state.nextIdentifier += 1
            state.entries[identifier] = Entry(network: network, ending: ending, since: now)
            if let network { state.counts[network, default: 0] += 1 }
            return (identifier, victim, state.isDraining)
        }
        victim?.close()
        if isDraining { ending.drain() }
        return identifier
    }

    /// A whole request has arrived and is being answered.
    func answering(_ identifier: UInt64) {
        state.withLock { state in
            state.entries[identifier]?.isAnswering = true
            state.entries[identifier]?.hasCompletedRequest = true
        }
    }

    /// All whole requests have been answered.
    func waiting(_ identifier: UInt64, at now: NIODeadline) {
        state.withLock { state in
            state.entries[identifier]?.isAnswering = false
            state.entries[identifier]?.since = now
        }
    }

    func leave(_ identifier: UInt64) {
        state.withLock { Self.remove(identifier, from: &$0) }
    }

    /// Ends every connection, now or later, as soon as the requests that have arrived whole are answered.
    func drain() {
        let endings = state.withLock { state in
            state.isDraining = true
            return state.entries.values.map(\.ending)
        }
        for ending in endings { ending.drain() }
    }

    /// Ends every connection at once.
    func closeAll() {
        for ending in state.withLock({ $0.entries.values.map(\.ending) }) { ending.close() }
    }

    private static func remove(_ identifier: UInt64, from state: inout State) {
        guard let entry = state.entries.removeValue(forKey: identifier), let network = entry.network else { return }
        let count = state.counts[network, default: 1] - 1
        state.counts[network] = count > 0 ? count : nil
    }

    /// Takes out the connection that is needed least: of the network with the most connections; there, one that has
    /// not sent a whole request although it had time to; of those the one that has waited longest.
    private static func evict(from state: inout State, at now: NIODeadline, only network: [UInt8]?) -> Ending? {
        func rank(_ entry: Entry) -> (Int, Int, NIODeadline) {
            let crowd = entry.network.map { state.counts[$0, default: 0] } ?? 0
            let isUseful = entry.hasCompletedRequest || now - entry.since < patience
            return (-crowd, isUseful ? 1 : 0, entry.since)
        }
        let idle = state.entries.filter { !$0.value.isAnswering && (network == nil || $0.value.network == network) }
        guard let victim = idle.min(by: { rank($0.value) < rank($1.value) }) else { return nil }
        remove(victim.key, from: &state)
        return victim.value.ending
    }
}
