import Interfaces
import Synchronization

/// Who is next at the sensor: there is one, and one face in front of it.
///
/// Captures wait in order of arrival, few of them and not for long. A user whose last captures ended without a sample
/// stands behind all others, and gives the sensor up to them while he captures: otherwise one user who asks again and
/// again with nothing on the sensor would keep everybody out.
final class CaptureQueue: Sendable {
    struct Limits: Sendable {
        /// How many may wait.
        var places = 4
        /// How long one waits before he is told that the sensor is busy.
        var patience = Duration.seconds(30)
        /// So many captures without a sample, one after the other, make a user wait behind others...
        var idleCaptures = 2
        /// ...until he has been away that long.
        var memory = Duration.seconds(120)
    }

    private enum Outcome: Sendable {
        case turn
        case busy
        case cancelled
    }

    private struct Waiter {
        let number: UInt64
        let user: UInt32
        let continuation: CheckedContinuation<Outcome, Never>
    }

    private struct Holder {
        let user: UInt32
        var interrupt: (@Sendable () -> Void)?
        /// Whether somebody else has a better claim.
        var isYielding = false
    }

    private struct State {
        var holder: Holder?
        var waiting: [Waiter] = []
        var idle: [UInt32: (captures: Int, last: ContinuousClock.Instant)] = [:]
        var nextNumber: UInt64 = 0
    }

    private let limits: Limits
    private let state = Mutex(State())

    init(limits: Limits = Limits()) {
        self.limits = limits
    }

    /// Waits for the sensor. Whoever gets it must call ``leave(withSample:)``.
    ///
    /// - Parameters:
    ///   - user: who is answerable for the request; each but root waits in one place at a time.
    ///   - onWait: called if there is somebody before.
    func enter(_ user: UInt32, onWait: () -> Void) async throws(ProverFailure) {
        let number = state.withLock { state -> UInt64? in
            guard state.holder != nil else {
                state.holder = Holder(user: user)
                return nil
            }
            state.nextNumber += 1
            return state.nextNumber
        }
        guard let number else { return }
        onWait()
        switch await wait(number, user) {
        case .turn: return
        case .busy: throw .busy
        case .cancelled: throw .poorSample(hint: "cancelled")
        }
    }

    /// Gives the sensor to the next.
    ///
    /// - Parameter hasSample: whether the capture got as far as a sample.
    func leave(withSample hasSample: Bool) {
        let next = state.withLock { state -> Waiter? in
            guard let holder = state.holder else { return nil }
            note(&state, holder.user, hasSample: hasSample)
            state.holder = nil
            let next = state.waiting.indices.min { left, right in
                let behind = (isIdler(state, state.waiting[left].user), isIdler(state, state.waiting[right].user))
                return behind.0 == behind.1 ? left < right : !behind.0
            }
            guard let next else { return nil }
            let waiter = state.waiting.remove(at: next)
            state.holder = Holder(user: waiter.user)
            return waiter
        }
        // Not under the lock, which a cancellation's handler waits for with the task's own in hand (see `ConsentDesk`).
        next?.continuation.resume(returning: .turn)
    }

    /// Runs what the holder does at the sensor. It is cancelled, and the second result true, when somebody who has a
    /// better claim comes meanwhile.
    func interruptible<Value: Sendable>(
        _ body: @escaping @Sendable () async -> Value
    ) async -> (value: Value, gaveWay: Bool) {
        let task = Task { await body() }
        let isYielding = state.withLock { state in
            state.holder?.interrupt = { task.cancel() }
            return state.holder?.isYielding ?? false
        }
        if isYielding { task.cancel() }
        let value = await withTaskCancellationHandler {
            await task.value
        } onCancel: {
            task.cancel()
        }
        return state.withLock { state in
            state.holder?.interrupt = nil
            return (value, state.holder?.isYielding ?? false)
        }
    }

    private func wait(_ number: UInt64, _ user: UInt32) async -> Outcome {
        let timer = Task { [limits] in
            do { try await Task.sleep(for: limits.patience) } catch { return }
            finish(number, .busy)
        }
        defer { timer.cancel() }
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                add(Waiter(number: number, user: user, continuation: continuation))
                // A cancellation that came before found nobody to wake.
                if Task.isCancelled { finish(number, .cancelled) }
            }
        } onCancel: {
            finish(number, .cancelled)
        }
    }

    private func add(_ waiter: Waiter) {
        let then = state.withLock { state -> (@Sendable () -> Void)? in
            guard let holder = state.holder else {
                state.holder = Holder(user: waiter.user)
                return { waiter.continuation.resume(returning: .turn) }
            }
            let hasPlace = waiter.user != 0 && state.waiting.contains { $0.user == waiter.user }
            guard state.waiting.count < limits.places, !hasPlace else {
                return { waiter.continuation.resume(returning: .busy) }
            }
            state.waiting.append(waiter)
            guard isIdler(state, holder.user), !isIdler(state, waiter.user) else { return nil }
            state.holder?.isYielding = true
            return holder.interrupt
        }
        then?()
    }

    private func finish(_ number: UInt64, _ outcome: Outcome) {
        let waiter = state.withLock { state -> Waiter? in
            state.waiting.firstIndex { $0.number == number }.map { state.waiting.remove(at: $0) }
        }
        waiter?.continuation.resume(returning: outcome)
    }

    private func isIdler(_ state: State, _ user: UInt32) -> Bool {
        guard let idle = state.idle[user] else { return false }
        return idle.captures >= limits.idleCaptures && ContinuousClock.now - idle.last < limits.memory
    }

    private func note(_ state: inout State, _ user: UInt32, hasSample: Bool) {
        let now = ContinuousClock.now
        state.idle = state.idle.filter { now - $0.value.last < limits.memory }
        guard !hasSample else {
            state.idle[user] = nil
            return
        }
        state.idle[user] = ((state.idle[user]?.captures ?? 0) + 1, now)
    }
}
