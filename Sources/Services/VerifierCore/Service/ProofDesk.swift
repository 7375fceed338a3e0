import Synchronization

/// The proofs that are being judged at this moment, and the strangers' ones that were.
///
/// A challenge is judged once: a second copy of its proof, handed in meanwhile, is not verified, however many come. And
/// an attempt counts as failed from the moment that it is looked at until it has succeeded, so that no number of proofs
/// at once gets past the limits.
final class ProofDesk: Sendable {
    private struct State {
        var judging: Set<[UInt8]> = []
        var pending: [AttemptKey: Int] = [:]
        /// Expiry by nonce.
        var spent: [[UInt8]: UInt64] = [:]
    }

    private let state = Mutex(State())
    /// Each costs a verification, so that there cannot be more within a challenge's life by far.
    private static let spentLimit = 65_536

    /// Takes up the proof of a challenge.
    ///
    /// - Returns: false where one of the same challenge is being judged.
    func begin(_ nonce: [UInt8]) -> Bool {
        state.withLock { $0.judging.insert(nonce).inserted }
    }

    func end(_ nonce: [UInt8]) {
        state.withLock { _ = $0.judging.remove(nonce) }
    }

    /// Counts an attempt as pending if `admits` says so of those that are.
    func beginAttempt(_ key: AttemptKey, admits: (_ pending: Int) -> Bool) -> Bool {
        state.withLock { state in
            guard admits(state.pending[key, default: 0]) else { return false }
            state.pending[key, default: 0] += 1
            return true
        }
    }

    func endAttempt(_ key: AttemptKey) {
        state.withLock { state in
            let count = state.pending[key, default: 1] - 1
            state.pending[key] = count > 0 ? count : nil
        }
    }

    /// Remembers that a decoy's proof was judged; a restart forgets it, and it is refused again.
    func spend(_ nonce: [UInt8], expires: UInt64, now: UInt64) {
        state.withLock { state in
            if state.spent.count >= Self.spentLimit { state.spent = state.spent.filter { $0.value > now } }
            guard state.spent.count < Self.spentLimit else { return }
            state.spent[nonce] = expires
        }
    }

    func isSpent(_ nonce: [UInt8]) -> Bool {
        state.withLock { $0.spent[nonce] != nil }
    }
}

/// Lets every refusal take the same time as far as a peer can measure: the answer leaves at the next multiple of a
/// quantum after the request came in, and the quantum is longer than a verification takes.
struct RefusalPacer: Sendable {
    let quantum: Duration

    /// Waits until the next multiple of the quantum since `start` (at least one quantum).
    func hold(since start: ContinuousClock.Instant) async {
        guard quantum > .zero else { return }
        let elapsed = ContinuousClock.now - start
        let quanta = (elapsed / quantum).rounded(.down) + 1
        try? await Task.sleep(until: start + quantum * quanta, clock: .continuous)
    }
}
