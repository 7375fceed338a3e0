import CameraTestSupport
import Cameras
import Foundation
import Interfaces
import Synchronization
import Testing

@testable import SensorCore

/// The sensor with a camera whose driver is a fake; what a camera itself can do wrong is in CamerasTests.
@Suite("camera as a source")
struct CameraSourceTests {
    /// A board of light and dark fields in YUYV, another one each time.
    @Sendable
    private static func board(_ number: Int, _ layout: VideoLayout) -> [UInt8]? {
        let noise = FakeDevice.noise(number, layout)
        return noise.enumerated().map { index, byte in
            let (x, y) = (index / 2 % layout.width, index / 2 / layout.width)
            return index % 2 == 1 ? 128 : byte / 2 + ((x / 80 + y / 60 + number) % 2 == 0 ? 20 : 120)
        }
    }

    private static func behaviour(_ change: (inout FakeDevice.Behaviour) -> Void = { _ in }) -> FakeDevice.Behaviour {
        var behaviour = FakeDevice.Behaviour()
        behaviour.frame = board
        change(&behaviour)
        return behaviour
    }

    @Test("a sample comes of a camera, which is open while it looks and at no other time")
    func sample() async throws {
        try await SensorBench.run { bench in
            let video = FakeVideo(Self.behaviour())
            let source = CameraSource(CameraChoice(), system: video)
            let sensor = try bench.sensor(source: source)
            let challenge = try bench.challenge()
            for index in 0..<3 {
                let sample = try await sensor.capture(challenge, index: index, timeout: .seconds(20)) { _ in }
                #expect(sample.attestation.isValid(challenge: challenge, rows: sample.opening.commitments))
                #expect(video.openCount == 0)
            }
            #expect(await source.fault() == nil && !source.isStuck)
        }
    }

    @Test("a driver that hangs is held to the deadline, and the sensor does not say that it is well until it goes on")
    func hangs() async throws {
        try await SensorBench.run { bench in
            let semaphore = DispatchSemaphore(value: 0)
            let isFirst = Mutex(true)
            let video = FakeVideo(
                Self.behaviour {
                    $0.onWait = {
                        let hangs = isFirst.withLock { isFirst in
                            defer { isFirst = false }
                            return isFirst
                        }
                        if hangs { semaphore.wait() }
                    }
                }
            )
            let sensor = try bench.sensor(
                source: CameraSource(CameraChoice(), system: video),
                grace: .milliseconds(100)
            )
            let start = ContinuousClock.now
            await #expect(throws: SensorError.noSample(advice: "the camera gave no picture in time")) {
                try await sensor.capture(try bench.challenge(), index: 0, timeout: .milliseconds(200)) { _ in }
            }
            #expect(ContinuousClock.now - start < .seconds(5))
            #expect(await !sensor.canServe(within: .seconds(5)))
            semaphore.signal()
            while await !sensor.canServe(within: .seconds(5)) { try await Task.sleep(for: .milliseconds(5)) }
            _ = try await sensor.capture(try bench.challenge(), index: 0, timeout: .seconds(20)) { _ in }
        }
    }

    @Test("what the machine lacks is unavailable, and GetInfo says so; what the person can change is advice")
    func faults() async throws {
        try await SensorBench.run { bench in
            let video = FakeVideo([])
            let source = CameraSource(CameraChoice(name: "Fake Camera"), system: video, patience: .milliseconds(100))
            let sensor = try bench.sensor(source: source)
            let fault = CameraFault.noCamera(name: "Fake Camera", present: [])
            #expect(await source.fault() == "\(fault)")
            await #expect(throws: SensorError.unavailable(hint: "\(fault)")) {
                try await sensor.capture(try bench.challenge(), index: 0, timeout: .seconds(20)) { _ in }
            }
            let dark = FakeDevice.yuyv(luma: 0, chroma: 128)
            video.plug([.init(FakeVideo.node(), Self.behaviour { $0.frame = dark })])
            let told = Mutex<[String]>([])
            await #expect(throws: SensorError.noSample(advice: "\(CameraFault.black)")) {
                try await sensor.capture(try bench.challenge(), index: 0, timeout: .milliseconds(800)) { text in
                    told.withLock { $0.append(text) }
                }
            }
            #expect(told.withLock { $0 } == ["\(CameraFault.black)"])
            #expect(await source.fault() == nil)
            #expect(video.openCount == 0)
        }
    }

    @Test("a caller who has gone leaves the camera closed at once")
    func cancelled() async throws {
        try await SensorBench.run { bench in
            let video = FakeVideo(Self.behaviour { $0.frame = { _, _ in nil } })
            let sensor = try bench.sensor(source: CameraSource(CameraChoice(), system: video))
            let challenge = try bench.challenge()
            let task = Task { try await sensor.capture(challenge, index: 0, timeout: .seconds(600)) { _ in } }
            while video.openCount == 0 { try await Task.sleep(for: .milliseconds(5)) }
            let start = ContinuousClock.now
            task.cancel()
            await #expect(throws: SensorError.cancelled) { try await task.value }
            #expect(video.openCount == 0 && ContinuousClock.now - start < .seconds(2))
        }
    }
}
