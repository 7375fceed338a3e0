import Interfaces
import Synchronization
import Testing

@testable import ProverCore

@Suite("the queue at the sensor")
struct CaptureQueueTests {
    /// Notes in which order users got the sensor.
    private final class Log: Sendable {
        let entries = Mutex<[UInt32]>([])
        func note(_ user: UInt32) { entries.withLock { $0.append(user) } }
        var all: [UInt32] { entries.withLock { $0 } }
    }

    /// Enters, and returns once the queue has taken the request in.
    private func wait(_ queue: CaptureQueue, _ user: UInt32, _ log: Log) async -> Task<ProverFailure?, Never> {
        let (waiting, sink) = AsyncStream.makeStream(of: Void.self)
        let task = Task { () -> ProverFailure? in
            do throws(ProverFailure) {
                try await queue.enter(user) { sink.finish() }
                log.note(user)
                queue.leave(withSample: true)
                return nil
            } catch {
                return error
            }
        }
        for await _ in waiting {}
        try? await Task.sleep(for: .milliseconds(20))
        return task
    }

    @Test("in order of arrival, one place for each user, and no more than there are places")
    func order() async throws {
        let queue = CaptureQueue(limits: .init(places: 3))
        let log = Log()
        try await queue.enter(1) {}
        let two = await wait(queue, 2, log)
        let three = await wait(queue, 3, log)
        let again = await wait(queue, 2, log)
        #expect(await again.value == .busy)
        let four = await wait(queue, 4, log)
        let five = await wait(queue, 5, log)
        #expect(await five.value == .busy)
        queue.leave(withSample: true)
        for task in [two, three, four] { #expect(await task.value == nil) }
        #expect(log.all == [2, 3, 4])
        try await queue.enter(9) {}  // free again
    }

    @Test("who hangs up at the moment of his turn holds up nobody", .timeLimit(.minutes(1)))
    func hangingUpInTurn() async throws {
        for _ in 0..<2000 {
            let queue = CaptureQueue(limits: .init(places: 3))
            try await queue.enter(1) {}
            let (waiting, sink) = AsyncStream.makeStream(of: Void.self)
            let second = Task { () -> Bool in
                do throws(ProverFailure) {
                    try await queue.enter(2) { sink.finish() }
                    return true
                } catch {
                    return false
                }
            }
            for await _ in waiting {}
            let leaving = Task.detached { queue.leave(withSample: true) }
            second.cancel()
            await leaving.value
            if await second.value { queue.leave(withSample: true) }
            try await queue.enter(3) {}  // free again
        }
    }

    @Test("root may wait several times")
    func root() async throws {
        let queue = CaptureQueue(limits: .init(places: 2))
        let log = Log()
        try await queue.enter(1) {}
        let tasks = [await wait(queue, 0, log), await wait(queue, 0, log)]
        queue.leave(withSample: true)
        for task in tasks { #expect(await task.value == nil) }
    }

    @Test("who hangs up leaves the queue; who waits too long is told that it is busy")
    func leaving() async throws {
        let queue = CaptureQueue(limits: .init(places: 2, patience: .milliseconds(300)))
        let log = Log()
        try await queue.enter(1) {}
        let gone = await wait(queue, 2, log)
        let patient = await wait(queue, 3, log)
        gone.cancel()
        #expect(await gone.value == .poorSample(hint: "cancelled"))
        let next = await wait(queue, 4, log)  // its place is free
        #expect(await patient.value == .busy)
        queue.leave(withSample: true)
        #expect(await next.value == nil)
        #expect(log.all == [4])
    }

    /// One user asks again and again with nothing on the sensor (issue 10, L12 and V18).
    @Test("a user whose captures end without a sample stands behind others, and gives the sensor up to them")
    func idlers() async throws {
        let queue = CaptureQueue(limits: .init(places: 4))
        let log = Log()
        for _ in 0..<2 {
            try await queue.enter(7) {}
            queue.leave(withSample: false)
        }
        try await queue.enter(7) {}
        let holding = Task {
            await queue.interruptible { () async -> Bool in
                do { try await Task.sleep(for: .seconds(600)) } catch { return false }
                return true
            }
        }
        try await Task.sleep(for: .milliseconds(50))
        let again = await wait(queue, 7, log)
        let other = await wait(queue, 1, log)
        let (finished, gaveWay) = await holding.value
        #expect(!finished && gaveWay)
        queue.leave(withSample: false)
        #expect(await other.value == nil)
        #expect(await again.value == nil)
        #expect(log.all == [1, 7])
        // With a sample he is like everybody else.
        try await queue.enter(7) {}
        let honest = Task { await queue.interruptible { try? await Task.sleep(for: .milliseconds(200)) } }
        let waiting = await wait(queue, 1, log)
        #expect(await honest.value.gaveWay == false)
        queue.leave(withSample: true)
        #expect(await waiting.value == nil)
    }

    @Test("nobody is lost or served twice under a storm")
    func storm() async throws {
        let queue = CaptureQueue(limits: .init(places: 64))
        let log = Log()
        await withTaskGroup(of: Void.self) { group in
            for user in 1...50 as ClosedRange<UInt32> {
                group.addTask {
                    do {
                        try await queue.enter(user) {}
                    } catch {
                        Issue.record("\(error)")
                        return
                    }
                    log.note(user)
                    let count = log.all.count
                    await Task.yield()
                    #expect(log.all.count == count)  // nobody else came in
                    queue.leave(withSample: user % 3 == 0)
                }
            }
        }
        #expect(log.all.sorted() == Array(1...50))
        try await queue.enter(1) {}
    }
}

@Suite("successes of a subject")
struct ProofBudgetTests {
    @Test("a burst, then one for each span of time; subjects apart")
    func bucket() {
        let budget = ProofBudget(limits: .init(burst: 20, seconds: 3))
        let start = ContinuousClock.now
        for _ in 0..<20 {
            #expect(budget.delay(for: 1, at: start) == nil)
            budget.take(for: 1, at: start)
        }
        #expect(budget.delay(for: 1, at: start) == 3)
        #expect(budget.delay(for: 1, at: start + .seconds(2)) == 1)
        #expect(budget.delay(for: 1, at: start + .seconds(3)) == nil)
        #expect(budget.delay(for: 2, at: start) == nil)
        budget.take(for: 1, at: start + .seconds(3))
        #expect(budget.delay(for: 1, at: start + .seconds(3)) == 3)
        // A long absence gives no more than the burst.
        let later = start + .seconds(100_000)
        for _ in 0..<20 { budget.take(for: 1, at: later) }
        #expect(budget.delay(for: 1, at: later) != nil)
        // A clock that stands still or runs back gives nothing.
        #expect(budget.delay(for: 1, at: start) != nil)
    }

    @Test("many subjects are not remembered for ever, and none of them forgets")
    func subjects() {
        let budget = ProofBudget(limits: .init(burst: 1, seconds: 1000))
        let start = ContinuousClock.now
        for subject in 0..<2000 as Range<UInt32> { budget.take(for: subject, at: start) }
        #expect((0..<2000 as Range<UInt32>).allSatisfy { budget.delay(for: $0, at: start) != nil })
    }
}
