import Dispatch
import Synchronization

/// Does what may block for ever, opening and reading files, on threads of its own and under a deadline.
///
/// A file of a stalled FUSE or network mount cannot be given up, so its thread is left behind until the file answers.
/// Nothing more is asked of that place meanwhile, and only so many may be left behind.
final class BlockingWork: Sendable {
    static let maximumLeftBehind = 4

    enum Outcome<Value: Sendable>: Sendable {
        case done(Value)
        /// Not in time; the thread goes on by itself.
        case late
        /// The place still owes an earlier answer, or too many do.
        case refused
        case cancelled
    }

    private struct Places {
        var working: Set<String> = []
        var leftBehind: Set<String> = []
    }

    private let places = Mutex(Places())
    /// Has as many as it takes: those that are left behind are few.
    private static let threads = DispatchQueue(label: "semblance.blocking", attributes: .concurrent)

    /// Whether there could be another thread left behind.
    var hasRoom: Bool { places.withLock { $0.leftBehind.count < Self.maximumLeftBehind } }

    /// Whether a thread was left behind there and has not come back.
    func isStalled(_ place: String) -> Bool { places.withLock { $0.leftBehind.contains(place) } }

    /// - Parameter place: what the work waits for.
    func run<Value: Sendable>(
        at place: String,
        until deadline: ContinuousClock.Instant,
        _ work: @escaping @Sendable () -> Value
    ) async -> Outcome<Value> {
        guard begin(place) else { return .refused }
        let answer = Answer<Outcome<Value>>()
        Self.threads.async {
            let value = work()
            self.end(place)
            answer.give(.done(value))
        }
        let timer = Task {
            try? await Task.sleep(until: deadline, clock: .continuous)
            if !Task.isCancelled { answer.give(.late) }
        }
        let outcome = await withTaskCancellationHandler {
            await answer.value
        } onCancel: {
            answer.give(.cancelled)
        }
        timer.cancel()
        if case .done = outcome {} else { leaveBehind(place) }
        return outcome
    }

    private func begin(_ place: String) -> Bool {
        places.withLock { places in
            guard places.leftBehind.count < Self.maximumLeftBehind else { return false }
            return places.working.insert(place).inserted
        }
    }

    private func end(_ place: String) {
        places.withLock { places in
            places.working.remove(place)
            places.leftBehind.remove(place)
        }
    }

    private func leaveBehind(_ place: String) {
        places.withLock { places in
            if places.working.contains(place) { places.leftBehind.insert(place) }
        }
    }
}

/// An answer that one task waits for; the first that is given counts.
final class Answer<Value: Sendable>: Sendable {
    private enum State {
        case none
        case awaited(CheckedContinuation<Value, Never>)
        case given(Value)
        case taken
    }

    private let state = Mutex(State.none)

    /// Read it once.
    var value: Value {
        get async {
            await withCheckedContinuation { continuation in
                let given: Value? = state.withLock { state in
                    guard case .given(let value) = state else {
                        state = .awaited(continuation)
                        return nil
                    }
                    state = .taken
                    return value
                }
                if let given { continuation.resume(returning: given) }
            }
        }
    }

    func give(_ value: Value) {
        let waiting: CheckedContinuation<Value, Never>? = state.withLock { state in
            switch state {
            case .none:
                state = .given(value)
                return nil
            case .awaited(let continuation):
                state = .taken
                return continuation
            case .given, .taken:
                return nil
            }
        }
        waiting?.resume(returning: value)
    }
}
