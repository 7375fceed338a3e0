import Logging
import ServiceLifecycle
import Synchronization
import Testing

@testable import Varlink

@Suite struct HeartbeatTests {
    private final class Counts: Sendable {
        let beats = Mutex(0)
        let stops = Mutex(0)
    }

    /// Runs a heartbeat in a service group until it beat `beats` times, then shuts the group down.
    private func run(interval: Duration?, beats: Int) async throws -> (beats: Int, stops: Int) {
        let counts = Counts()
        let heartbeat = HeartbeatService(
            interval: interval,
            beat: {
                await Task.yield()
                counts.beats.withLock { $0 += 1 }
            },
            onStopping: { counts.stops.withLock { $0 += 1 } }
        )
        let group = ServiceGroup(
            services: [heartbeat],
            logger: Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() })
        )
        let task = Task { try await group.run() }
        #expect(await eventually { counts.beats.withLock { $0 } >= beats })
        #expect(counts.stops.withLock { $0 } == 0)
        await group.triggerGracefulShutdown()
        try await task.value
        return (counts.beats.withLock { $0 }, counts.stops.withLock { $0 })
    }

    @Test func itBeatsUntilTheProgramStopsAndSaysSoOnce() async throws {
        let counts = try await run(interval: .milliseconds(2), beats: 3)
        #expect(counts.beats >= 3)
        #expect(counts.stops == 1)
    }

    /// Without a watchdog there is nothing to tell but the end, and no hour's sleep delays that.
    @Test func withoutAnIntervalItOnlyTellsTheEnd() async throws {
        let counts = try await run(interval: nil, beats: 0)
        #expect(counts.beats == 0)
        #expect(counts.stops == 1)
    }
}
