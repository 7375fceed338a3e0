import Foundation
import Imaging
import Interfaces
import Synchronization
import Testing

@testable import SensorCore

/// A source that does as a test says.
final class ScriptedSource: FrameSource {
    typealias Step = @Sendable (Int, FrameLook) async throws(SourceFault) -> FrameEvent

    private struct Notes {
        var opened = 0
        var closed = 0
        var asked = 0
        var judged: [String?] = []
    }

    let kind = "scripted"
    let selection: FrameSelection
    let isStuck = false
    private let step: Step
    private let onOpen: @Sendable () async -> Void
    private let onClose: @Sendable () async -> Void
    private let notes = Mutex(Notes())

    init(
        selection: FrameSelection = .first,
        onOpen: @escaping @Sendable () async -> Void = {},
        onClose: @escaping @Sendable () async -> Void = {},
        _ step: @escaping Step
    ) {
        (self.selection, self.onOpen, self.onClose, self.step) = (selection, onOpen, onClose, step)
    }

    var opened: Int { notes.withLock { $0.opened } }
    var closed: Int { notes.withLock { $0.closed } }
    var judged: [String?] { notes.withLock { $0.judged } }

    func open(_ look: FrameLook) async throws(SourceFault) -> any FrameSession {
        notes.withLock { $0.opened += 1 }
        await onOpen()
        return Session(source: self, look: look)
    }

    func fault() async -> String? { "out of paper" }

    private final class Session: FrameSession {
        let source: ScriptedSource
        let look: FrameLook

        init(source: ScriptedSource, look: FrameLook) { (self.source, self.look) = (source, look) }

        func next() async throws(SourceFault) -> FrameEvent {
            let number = source.notes.withLock { notes in
                notes.asked += 1
                return notes.asked - 1
            }
            return try await source.step(number, look)
        }

        func judged(_ frame: SourceFrame, _ advice: String?) { source.notes.withLock { $0.judged.append(advice) } }

        func close() async {
            source.notes.withLock { $0.closed += 1 }
            await source.onClose()
        }
    }
}

/// Blocks tasks until it is opened, however they are cancelled.
private final class TaskGate: Sendable {
    private let answer = Answer<Void>()

    func wait() async { await answer.value }
    func open() { answer.give(()) }
}

@Suite("frame sources")
struct FrameSourceTests {
    /// A picture of half the contrast for each step of `dullness`.
    private static func frame(_ seed: UInt64, dullness: Int = 0) -> FrameEvent {
        let pixels = SensorBench.pixels(seed).map { UInt8(128 + (Int($0) - 128) >> dullness) }
        return .frame(SourceFrame(image: GrayImage(width: 8, height: 8, pixels: pixels)!))
    }

    private static func isEventually(_ condition: () async -> Bool) async -> Bool {
        for _ in 0..<400 {
            if await condition() { return true }
            try? await Task.sleep(for: .milliseconds(5))
        }
        return false
    }

    enum Place: CaseIterable { case opening, looking }

    @Test(
        "a source that never answers is held to the deadline, not asked again, and used again when it answers",
        arguments: Place.allCases
    )
    func silent(_ place: Place) async throws {
        try await SensorBench.run { bench in
            let gate = TaskGate()
            let isFirst = Mutex(true)
            let hang = { @Sendable in
                let hangs = isFirst.withLock { isFirst in
                    defer { isFirst = false }
                    return isFirst
                }
                if hangs { await gate.wait() }
            }
            let source = ScriptedSource(onOpen: { if place == .opening { await hang() } }) {
                (number, _) throws(SourceFault) in
                if place == .looking { await hang() }
                return Self.frame(UInt64(number))
            }
            let sensor = try bench.sensor(source: source, grace: .milliseconds(100))
            func look() async throws {
                _ = try await sensor.capture(try bench.challenge(), index: 0, timeout: .milliseconds(200)) { _ in }
            }
            let start = ContinuousClock.now
            let silence = SensorError(SourceGuard.silence)
            await #expect(throws: silence) { try await look() }
            #expect(ContinuousClock.now - start < .seconds(3))
            #expect(await !sensor.canServe(within: .seconds(5)))
            await #expect(throws: silence) { try await look() }
            #expect(source.opened == 1)
            gate.open()
            #expect(await Self.isEventually { await sensor.canServe(within: .seconds(5)) })
            try await look()
        }
    }

    @Test("a source that does not close costs no sample, and is not asked again before it has")
    func closing() async throws {
        try await SensorBench.run { bench in
            let gate = TaskGate()
            let source = ScriptedSource(onClose: { await gate.wait() }) { (number, _) throws(SourceFault) in
                Self.frame(UInt64(number))
            }
            let sensor = try bench.sensor(source: source, grace: .milliseconds(50))
            _ = try await sensor.capture(try bench.challenge(), index: 0, timeout: .seconds(5)) { _ in }
            #expect(await !sensor.canServe(within: .seconds(5)))
            gate.open()
            #expect(await Self.isEventually { await sensor.canServe(within: .seconds(5)) })
        }
    }

    @Test("a look is closed once, whatever ends it: a sample, advice, a fault, a caller who has gone")
    func closed() async throws {
        let ends: [(ScriptedSource.Step, SensorError?)] = [
            ({ (number, _) throws(SourceFault) in Self.frame(UInt64(number)) }, nil),
            ({ (_, _) throws(SourceFault) in throw .nothing(advice: "nearer") }, .noSample(advice: "nearer")),
            ({ (_, _) throws(SourceFault) in throw .unavailable(hint: "broken") }, .unavailable(hint: "broken")),
        ]
        try await SensorBench.run { bench in
            for (step, expected) in ends {
                let source = ScriptedSource(step)
                let sensor = try bench.sensor(source: source)
                do {
                    _ = try await sensor.capture(try bench.challenge(), index: 0, timeout: .seconds(5)) { _ in }
                    #expect(expected == nil)
                } catch {
                    #expect(error as? SensorError == expected)
                }
                #expect(source.closed == 1)
            }
            let source = ScriptedSource { (_, _) throws(SourceFault) in
                try? await Task.sleep(for: .seconds(600))
                throw .cancelled
            }
            let sensor = try bench.sensor(source: source)
            let challenge = try bench.challenge()
            let task = Task { try await sensor.capture(challenge, index: 0, timeout: .seconds(600)) { _ in } }
            while source.opened == 0 { try await Task.sleep(for: .milliseconds(5)) }
            task.cancel()
            await #expect(throws: SensorError.cancelled) { try await task.value }
            #expect(source.closed == 1)
            #expect(await sensor.canServe(within: .seconds(5)))
        }
    }

    @Test("of several usable frames the best is taken; the others were looked at and gave nothing")
    func best() async throws {
        try await SensorBench.run { bench in
            let dullness = [2, 0, 1]
            let selection = FrameSelection(count: 3, time: .seconds(30), enough: 2)
            let source = ScriptedSource(selection: selection) { (number, _) throws(SourceFault) in
                Self.frame(UInt64(number), dullness: dullness[number])
            }
            let sensor = try bench.sensor(source: source)
            let sample = try await sensor.capture(try bench.challenge(), index: 0, timeout: .seconds(30)) { _ in }
            let image = try #require(GrayImage(width: 8, height: 8, pixels: SensorBench.pixels(1)))
            #expect(sample.opening.values == (try bench.model.embed(image)))
            #expect(source.judged == [nil])
        }
    }

    @Test("a frame that is good enough ends the look; so does the time, and a fault does not take the frame away")
    func enough() async throws {
        try await SensorBench.run { bench in
            for selection in [
                FrameSelection(count: 3, time: .seconds(30), enough: 0.1),
                FrameSelection(count: 3, time: .zero, enough: 2),
                FrameSelection(count: 3, time: .seconds(30), enough: 2),
            ] {
                let source = ScriptedSource(selection: selection) { (number, _) throws(SourceFault) in
                    guard number == 0 else { throw .unavailable(hint: "unplugged") }
                    return Self.frame(1)
                }
                _ = try await bench.sensor(source: source)
                    .capture(try bench.challenge(), index: 0, timeout: .seconds(30)) { _ in }
            }
        }
    }

    @Test("advice reaches the person while the source looks, each once")
    func advice() async throws {
        try await SensorBench.run { bench in
            let source = ScriptedSource { (number, _) throws(SourceFault) in
                number < 4 ? .advice(number < 2 ? "open the shutter" : "nearer") : Self.frame(1)
            }
            let told = Mutex<[String]>([])
            _ = try await bench.sensor(source: source)
                .capture(try bench.challenge(), index: 0, timeout: .seconds(5)) { text in
                    told.withLock { $0.append(text) }
                }
            #expect(told.withLock { $0 } == ["open the shutter", "nearer"])
        }
    }
}
