import Foundation
import Imaging
import Interfaces
import Models
import ReaderTestSupport
import Readers
import Synchronization
import Testing

@testable import SensorCore

/// The sensor with a fingerprint reader whose driver is a fake; what a reader itself can do wrong is in ReadersTests.
@Suite("reader as a source")
struct ReaderSourceTests {
    /// Takes any picture for a finger, its first pixels for the crop, and notes its resolution.
    private final class AnyFinger: FrameAligner {
        let alignment = Alignment.finger128
        private let seen = Mutex<[Int?]>([])

        var resolutions: [Int?] { seen.withLock { $0 } }

        func align(_ frame: GrayImage) throws(FrameRefusal) -> AlignedFrame { try align(frame, dotsPerInch: nil) }

        func align(_ frame: GrayImage, dotsPerInch: Int?) throws(FrameRefusal) -> AlignedFrame {
            seen.withLock { $0.append(dotsPerInch) }
            let (side, pixels) = (SensorBench.side, frame.pixels)
            let corner = GrayImage(width: side, height: side, pixels: Array(pixels.prefix(side * side)))
            guard let corner else { throw FrameRefusal(advice: "no corner") }
            return AlignedFrame(image: corner, quality: 1)
        }
    }

    private struct NoFinger: FrameAligner {
        let alignment = Alignment.finger128

        func align(_ frame: GrayImage) throws(FrameRefusal) -> AlignedFrame { throw FrameRefusal(advice: "too small") }
    }

    @Test("a sample comes of a reader, which is open only while a capture looks; its resolution comes along")
    func sample() async throws {
        try await SensorBench.run(alignment: .finger128) { bench in
            let (readers, finger) = (FakeReaders(), AnyFinger())
            readers.change { $0.touch = { .picture(FakePicture(seed: $0, perMillimetre: 363 / 25.4)) } }
            let source = ReaderSource(ReaderChoice(), system: readers)
            let sensor = try bench.sensor(source: source, aligners: [finger])
            let challenge = try bench.challenge(modality: .fingerprint)
            for index in 0..<3 {
                let sample = try await sensor.capture(challenge, index: index, timeout: .seconds(20)) { _ in }
                #expect(sample.attestation.isValid(challenge: challenge, rows: sample.opening.commitments))
                #expect(readers.openCount == 0 && readers.visitCount == 0 && readers.captures == index + 1)
            }
            #expect(finger.resolutions == [363, 363, 363])
            #expect(await source.fault() == nil && !source.isStuck)
        }
    }

    @Test("advice is told while the capture looks; without a finger in time the last of it is the answer")
    func advice() async throws {
        try await SensorBench.run(alignment: .finger128) { bench in
            let readers = FakeReaders { $0.touch = { $0 == 0 ? .error(.offCentre) : nil } }
            let source = ReaderSource(ReaderChoice(), system: readers)
            let sensor = try bench.sensor(source: source, aligners: [AnyFinger()])
            let told = Mutex<[String]>([])
            let words = "\(ReaderFault.offCentre)"
            await #expect(throws: SensorError.noSample(advice: words)) {
                let challenge = try bench.challenge(modality: .fingerprint)
                _ = try await sensor.capture(challenge, index: 0, timeout: .milliseconds(800)) { text in
                    told.withLock { $0.append(text) }
                }
            }
            #expect(told.withLock { $0 } == [words] && readers.openCount == 0)
            // What was wrong with the last picture says more than that no other came.
            readers.change { $0.touch = { $0 < 3 ? .picture(FakePicture(seed: 1)) : nil } }
            let other = ReaderSource(ReaderChoice(), system: readers)
            let refusing = try bench.sensor(source: other, aligners: [NoFinger()])
            await #expect(throws: SensorError.noSample(advice: "too small")) {
                let challenge = try bench.challenge(modality: .fingerprint)
                _ = try await refusing.capture(challenge, index: 0, timeout: .milliseconds(800)) { _ in }
            }
            readers.change { $0.touch = { _ in nil } }
            await #expect(throws: SensorError.noSample(advice: ReaderFault.nothing)) {
                let challenge = try bench.challenge(modality: .fingerprint)
                _ = try await sensor.capture(challenge, index: 0, timeout: .milliseconds(200)) { _ in }
            }
        }
    }

    @Test("what the machine lacks is unavailable, and GetInfo says so until it is there")
    func faults() async throws {
        try await SensorBench.run(alignment: .finger128) { bench in
            let chip = ReaderDescription(driver: "chip", product: "Acme Touch", givesPictures: false)
            let readers = FakeReaders { $0.readers = [chip] }
            let source = ReaderSource(ReaderChoice(), system: readers, patience: .milliseconds(100))
            let sensor = try bench.sensor(source: source, aligners: [AnyFinger()])
            let fault = ReaderFault.matchesOnChip(product: "Acme Touch")
            #expect(await source.fault() == "\(fault)")
            await #expect(throws: SensorError.unavailable(hint: "\(fault)")) {
                let challenge = try bench.challenge(modality: .fingerprint)
                _ = try await sensor.capture(challenge, index: 0, timeout: .seconds(20)) { _ in }
            }
            readers.change { $0.readers = FakeReaders.Behaviour().readers }
            let challenge = try bench.challenge(modality: .fingerprint)
            _ = try await sensor.capture(challenge, index: 0, timeout: .seconds(20)) { _ in }
            #expect(await source.fault() == nil)
        }
    }

    @Test("a driver that does not give a capture up is held to the deadline, and the sensor says that it is not well")
    func hangs() async throws {
        try await SensorBench.run(alignment: .finger128) { bench in
            let readers = FakeReaders {
                $0.touch = { _ in nil }
                $0.heedsCancelling = false
            }
            let source = ReaderSource(ReaderChoice(), system: readers)
            let sensor = try bench.sensor(source: source, aligners: [AnyFinger()], grace: .milliseconds(100))
            let start = ContinuousClock.now
            await #expect(throws: SensorError.noSample(advice: ReaderFault.nothing)) {
                let challenge = try bench.challenge(modality: .fingerprint)
                _ = try await sensor.capture(challenge, index: 0, timeout: .milliseconds(200)) { _ in }
            }
            #expect(ContinuousClock.now - start < .seconds(5))
            #expect(await !sensor.canServe(within: .seconds(5)))
            // When it is given up for good, nothing is asked of it any more, and only a new process gets the reader back.
            while readers.abandonedCount == 0 { try await Task.sleep(for: .milliseconds(50)) }
            try await Task.sleep(for: .milliseconds(200))
            #expect(await !sensor.canServe(within: .seconds(5)))
            #expect(await source.fault() == ReaderFault.silence)
        }
    }

    @Test("a caller who has gone leaves the reader closed at once")
    func cancelled() async throws {
        try await SensorBench.run(alignment: .finger128) { bench in
            let readers = FakeReaders { $0.touch = { _ in nil } }
            let source = ReaderSource(ReaderChoice(), system: readers)
            let sensor = try bench.sensor(source: source, aligners: [AnyFinger()])
            let challenge = try bench.challenge(modality: .fingerprint)
            let task = Task { try await sensor.capture(challenge, index: 0, timeout: .seconds(600)) { _ in } }
            while readers.openCount == 0 { try await Task.sleep(for: .milliseconds(5)) }
            let start = ContinuousClock.now
            task.cancel()
            await #expect(throws: SensorError.cancelled) { try await task.value }
            #expect(readers.openCount == 0 && ContinuousClock.now - start < .seconds(2))
        }
    }
}
