import Dispatch
import Interfaces
import Synchronization

/// Runs proofs on threads of their own, a few at a time, so that verification neither starves the service nor lets a
/// peer occupy the whole machine.
final class VerificationPool: Sendable {
    private struct State {
        var running = 0
        var waiting: [CheckedContinuation<Bool, Never>] = []
    }

    private let workers: Int
    private let queueLimit: Int
    private let state = Mutex(State())
    private let threads = DispatchQueue(label: "semblance.verification", attributes: .concurrent)

    /// - Parameters:
    ///   - workers: proofs verified at the same time, at least 1.
    ///   - queueLimit: proofs that may wait.
    init(workers: Int, queueLimit: Int) {
        self.workers = max(1, workers)
        self.queueLimit = queueLimit
    }

    /// How many proofs wait for their turn.
    var waitingCount: Int { state.withLock { $0.waiting.count } }

    /// Runs `body` when its turn comes.
    ///
    /// - Throws: ``VerifierError/busy`` at once if too many wait already.
    func run<Result: Sendable>(_ body: @Sendable @escaping () -> Result) async throws(VerifierError) -> Result {
        guard await enter() else { throw .busy }
        defer { leave() }
        return await withCheckedContinuation { continuation in
            threads.async { continuation.resume(returning: body()) }
        }
    }

    private enum Entry {
        case admitted
        case refused
        case queued
    }

    private func enter() async -> Bool {
        await withCheckedContinuation { continuation in
            let entry = state.withLock { state -> Entry in
                if state.running < workers {
                    state.running += 1
                    return .admitted
                }
                guard state.waiting.count < queueLimit else { return .refused }
                state.waiting.append(continuation)
                return .queued
            }
            if entry != .queued { continuation.resume(returning: entry == .admitted) }
        }
    }

    /// Hands the place on to the first that waits, or gives it up.
    private func leave() {
        let next = state.withLock { state -> CheckedContinuation<Bool, Never>? in
            guard state.waiting.isEmpty else { return state.waiting.removeFirst() }
            state.running -= 1
            return nil
        }
        next?.resume(returning: true)
    }
}
