import Foundation
import Interfaces
import Synchronization
import Testing

@testable import SensorCore

/// Files that never answer, and files that are looked at twice.
@Suite("tray that stalls")
struct StalledTrayTests {
    /// Blocks whoever waits until it is opened.
    private final class Gate: Sendable {
        private let semaphore = DispatchSemaphore(value: 0)

        func wait() { semaphore.wait() }
        func open(_ count: Int) { for _ in 0..<count { semaphore.signal() } }
    }

    private final class Flag: Sendable {
        private let value = Atomic(false)

        var isSet: Bool { value.load(ordering: .relaxed) }
        func set() { value.store(true, ordering: .relaxed) }
    }

    private static func soon(_ duration: Duration = .milliseconds(100)) -> ContinuousClock.Instant { .now + duration }

    @Test("work that does not end is left behind in time, and its place is not asked again before it answers")
    func leftBehind() async throws {
        let work = BlockingWork()
        let gate = Gate()
        let start = ContinuousClock.now
        guard case .late = await work.run(at: "a", until: Self.soon(), { gate.wait() }) else {
            Issue.record("the deadline was not kept")
            return
        }
        #expect(ContinuousClock.now - start < .seconds(2))
        #expect(work.isStalled("a") && work.hasRoom)
        guard case .refused = await work.run(at: "a", until: Self.soon(), {}) else {
            Issue.record("a stalled place was asked again")
            return
        }
        guard case .done(7) = await work.run(at: "b", until: Self.soon(.seconds(10)), { 7 }) else {
            Issue.record("another place is held up")
            return
        }
        gate.open(1)
        while work.isStalled("a") { try await Task.sleep(for: .milliseconds(5)) }
        guard case .done = await work.run(at: "a", until: Self.soon(.seconds(10)), {}) else {
            Issue.record("a place that answers again is not used again")
            return
        }
    }

    @Test("no more threads are left behind than allowed")
    func bounded() async throws {
        let work = BlockingWork()
        let gate = Gate()
        for place in 0..<BlockingWork.maximumLeftBehind {
            guard case .late = await work.run(at: "\(place)", until: Self.soon(.milliseconds(20)), { gate.wait() })
            else {
                Issue.record("the deadline was not kept")
                return
            }
        }
        #expect(!work.hasRoom)
        guard case .refused = await work.run(at: "more", until: Self.soon(), {}) else {
            Issue.record("a fifth thread was started")
            return
        }
        gate.open(BlockingWork.maximumLeftBehind)
        while !work.hasRoom { try await Task.sleep(for: .milliseconds(5)) }
    }

    @Test("a cancelled wait ends at once")
    func cancelled() async throws {
        let work = BlockingWork()
        let gate = Gate()
        let task = Task { await work.run(at: "a", until: Self.soon(.seconds(600))) { gate.wait() } }
        try await Task.sleep(for: .milliseconds(20))
        task.cancel()
        guard case .cancelled = await task.value else {
            Issue.record("not cancelled")
            return
        }
        gate.open(1)
    }

    @Test("what a name stands for is asked of the open file: FIFO, link, directory, device, socket")
    func kinds() async throws {
        try await SensorBench.run { bench in
            // A writer elsewhere must not be waited for, as a look at the path alone would let happen.
            let path = bench.directory + "/a.pgm"
            try bench.put("good.pgm", SensorBench.pixels(1))
            let makers: [() throws -> Void] = [
                { mkfifo(path, 0o600) },
                {
                    try FileManager.default.createSymbolicLink(
                        atPath: path,
                        withDestinationPath: bench.directory + "/good.pgm"
                    )
                },
                { try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false) },
                { try FileManager.default.createSymbolicLink(atPath: path, withDestinationPath: "/dev/zero") },
            ]
            for make in makers {
                try make()
                guard case .refused(.notAFile, _) = ImageTray.frame(path, except: []) else {
                    Issue.record("\(path) was taken")
                    return
                }
                try FileManager.default.removeItem(atPath: path)
            }
        }
    }

    @Test("a FIFO that takes an image's place again and again holds no capture up")
    func race() async throws {
        try await SensorBench.run { bench in
            try bench.put("good.pgm", SensorBench.pixels(1))
            let path = bench.directory + "/a.pgm"
            let (file, fifo) = (bench.directory + "/.file", bench.directory + "/.fifo")
            let isOver = Flag()
            await withTaskGroup(of: Void.self) { group in
                group.addTask {
                    while !isOver.isSet {
                        mkfifo(fifo, 0o600)
                        rename(fifo, path)
                        try? Data("P5\n8 8\n255\n".utf8 + SensorBench.pixels(2)).write(to: URL(fileURLWithPath: file))
                        rename(file, path)
                    }
                }
                let sensor = try? bench.sensor(rest: .zero)
                for _ in 0..<50 {
                    guard let sensor, let challenge = try? bench.challenge() else { break }
                    let start = ContinuousClock.now
                    _ = try? await sensor.capture(challenge, index: 0, timeout: .seconds(5)) { _ in }
                    #expect(ContinuousClock.now - start < .seconds(4))
                    #expect(await sensor.canServe(within: .seconds(5)))
                }
                isOver.set()
            }
        }
    }

    @Test("an unchanged file is no new look for another challenge until it has rested; a new copy is one at once")
    func rest() async throws {
        try await SensorBench.run { bench in
            try bench.put("a.pgm", SensorBench.pixels(1))
            let sensor = try bench.sensor(rest: .milliseconds(400))
            let clock = ContinuousClock()
            func look(_ timeout: Duration = .seconds(5)) async throws -> Duration {
                let challenge = try bench.challenge()
                return try await clock.measure {
                    _ = try await sensor.capture(challenge, index: 0, timeout: timeout) { _ in }
                }
            }
            _ = try await look()
            await #expect(throws: SensorError.noSample(advice: TraySource.liftAdvice)) {
                _ = try await look(.milliseconds(100))
            }
            #expect(try await look() >= .milliseconds(200))
            let copy = Task {
                try await Task.sleep(for: .milliseconds(100))
                try bench.put("a.pgm", SensorBench.pixels(1))
            }
            #expect(try await look() < .milliseconds(400))
            try await copy.value
        }
    }

    @Test("the sensor is well as long as its files answer")
    func health() async throws {
        try await SensorBench.run { bench in
            let tray = TraySource(directory: bench.directory)
            let sensor = try bench.sensor(source: tray)
            #expect(await sensor.canServe(within: .seconds(5)))
            let gate = Gate()
            for place in 0..<BlockingWork.maximumLeftBehind {
                _ = await tray.work.run(at: "\(place)", until: Self.soon(.milliseconds(20))) { gate.wait() }
            }
            #expect(await !sensor.canServe(within: .seconds(5)))
            await #expect(throws: SensorError.noSample(advice: "the tray or its files do not answer")) {
                try await sensor.capture(try bench.challenge(), index: 0, timeout: .seconds(1)) { _ in }
            }
            gate.open(BlockingWork.maximumLeftBehind)
            while !tray.work.hasRoom { try await Task.sleep(for: .milliseconds(5)) }
            #expect(await sensor.canServe(within: .seconds(5)))
        }
    }
}
