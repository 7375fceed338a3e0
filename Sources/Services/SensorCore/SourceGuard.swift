import Synchronization

/// Holds a source to its time, whatever it does: a call that does not come back is left behind, and nothing more is asked of
/// the source until it does.
final class SourceGuard: Sendable {
    static let silence = SourceFault.unavailable(
        hint: "the sensor's device does not answer; unplug it and plug it in again, or restart the sensor"
    )

    private static let cancelling = Duration.milliseconds(200)

    /// Sources end by themselves, with better words, at the deadline.
    private let grace: Duration
    /// Calls that have not come back, and of these the ones that nobody waits for.
    private let calls = Mutex((running: Set<Int>(), leftBehind: Set<Int>(), next: 0))

    init(grace: Duration = .seconds(2)) { self.grace = grace }

    /// Whether a call was left behind and has not come back.
    var isOwed: Bool { calls.withLock { !$0.leftBehind.isEmpty } }

    /// - Returns: what `body` does; it is cancelled with the task, and when its time is up.
    func call<Value: Sendable>(
        until deadline: ContinuousClock.Instant,
        _ body: @escaping @Sendable () async throws(SourceFault) -> Value
    ) async throws(SourceFault) -> Value {
        guard !isOwed else { throw Self.silence }
        let number = begin()
        let answer = Answer<Result<Value, SourceFault>>()
        let work = Task {
            let result: Result<Value, SourceFault>
            do throws(SourceFault) {
                result = .success(try await body())
            } catch {
                result = .failure(error)
            }
            self.end(number)
            answer.give(result)
        }
        let limit = max(deadline, .now) + grace
        let timer = Task {
            try? await Task.sleep(until: limit, clock: .continuous)
            if !Task.isCancelled { answer.give(.failure(Self.silence)) }
        }
        let result = await withTaskCancellationHandler {
            await answer.value
        } onCancel: {
            work.cancel()
            // Who ends at once is not taken for one who hangs.
            Task {
                try? await Task.sleep(for: Self.cancelling)
                answer.give(.failure(.cancelled))
            }
        }
        timer.cancel()
        work.cancel()
        leaveBehind(number)
        return try result.get()
    }

    private func begin() -> Int {
        calls.withLock { calls in
            calls.next += 1
            calls.running.insert(calls.next)
            return calls.next
        }
    }

    private func end(_ number: Int) {
        calls.withLock { calls in
            calls.running.remove(number)
            calls.leftBehind.remove(number)
        }
    }

    private func leaveBehind(_ number: Int) {
        calls.withLock { calls in
            if calls.running.contains(number) { calls.leftBehind.insert(number) }
        }
    }
}
