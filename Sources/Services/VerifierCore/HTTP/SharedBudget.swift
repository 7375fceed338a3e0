import Synchronization

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
