import Imaging
import Interfaces
import Models
import Synchronization
import Testing

@testable import SensorCore

/// Turns frames upside down; refuses those that begin with a dark pixel.
struct Turner: FrameAligner {
    var alignment = Alignment.face112
    var contrast: Double?

    func align(_ frame: GrayImage) throws(FrameRefusal) -> AlignedFrame {
        guard frame.pixels[0] > 50, let turned = Self.turned(frame) else { throw FrameRefusal(advice: "no face seen") }
        return AlignedFrame(image: turned, quality: 0.75, contrast: contrast)
    }

    static func turned(_ frame: GrayImage) -> GrayImage? {
        GrayImage(width: frame.width, height: frame.height, pixels: frame.pixels.reversed())
    }
}

@Suite("sensor and alignment")
struct SensorAlignmentTests {
    private static let face = [UInt8](repeating: 200, count: 32) + [UInt8](repeating: 90, count: 32)

    @Test("a model that wants alignment gets the aligned frame, and its advice is passed on")
    func aligned() async throws {
        try await SensorBench.run(alignment: .face112) { bench in
            try bench.put("a.pgm", [UInt8](repeating: 5, count: 64))
            try bench.put("b.pgm", Self.face)
            let advice = Mutex<[String]>([])
            let sample = try await bench.sensor(aligners: [Turner()]).capture(
                try bench.challenge(),
                index: 0,
                timeout: .seconds(5)
            ) { text in advice.withLock { $0.append(text) } }
            #expect(advice.withLock { $0 } == ["no face seen"])
            #expect(sample.quality == 0.75)
            let frame = try #require(GrayImage(width: 8, height: 8, pixels: Self.face))
            let turned = try #require(Turner.turned(frame))
            #expect(sample.opening.values == (try bench.model.embed(turned)))
            #expect(sample.opening.values != (try bench.model.embed(frame)))
        }
    }

    @Test("of several aligners the one that the model wants is asked")
    func several() async throws {
        struct Refuser: FrameAligner {
            let alignment: Alignment

            func align(_ frame: GrayImage) throws(FrameRefusal) -> AlignedFrame { throw FrameRefusal(advice: "not me") }
        }
        for (wanted, other) in [(Alignment.face112, Alignment.finger128), (.finger128, .face112)] {
            try await SensorBench.run(alignment: wanted) { bench in
                try bench.put("b.pgm", Self.face)
                let sensor = try bench.sensor(aligners: [Refuser(alignment: other), Turner(alignment: wanted)])
                let sample = try await sensor.capture(
                    try bench.challenge(modality: wanted == .face112 ? .face : .fingerprint),
                    index: 0,
                    timeout: .seconds(5)
                ) { _ in }
                let frame = try #require(GrayImage(width: 8, height: 8, pixels: Self.face))
                #expect(sample.opening.values == (try bench.model.embed(try #require(Turner.turned(frame)))))
            }
        }
    }

    @Test("an evaluation's input is that of the sensor")
    func sameInput() async throws {
        try await SensorBench.run(alignment: .face112) { bench in
            try bench.put("b.pgm", Self.face)
            let frame = try #require(GrayImage(width: 8, height: 8, pixels: Self.face))
            let sample = try await bench.sensor(aligners: [Turner()]).capture(
                try bench.challenge(assurance: .full),
                index: 0,
                timeout: .seconds(5)
            ) { _ in }
            let input = try bench.model.preprocess(frame, .raw(Turner()))
            #expect(sample.opening.values == (try bench.model.traceValues(input: input)).blocks[0])
            #expect(try bench.model.preprocess(frame, .aligned) == Self.face)
            #expect(throws: FrameRefusal.self) { try bench.model.preprocess(frame, .raw(Turner(alignment: .none))) }
        }
    }

    @Test("a dim face is for a model that levels greys, and none for one that takes them as they are")
    func dim() async throws {
        try await SensorBench.run(alignment: .face112) { bench in
            try bench.put("b.pgm", Self.face)
            func capture(_ contrast: Double) async throws {
                let sensor = try bench.sensor(aligners: [Turner(contrast: contrast)])
                _ = try await sensor.capture(try bench.challenge(), index: 0, timeout: .seconds(5)) { _ in }
            }
            try await capture(12)
            await #expect(throws: SensorError.noSample(advice: "too little contrast: 11, need 12; more light")) {
                try await capture(11.5)
            }
            let frame = try #require(GrayImage(width: 8, height: 8, pixels: Self.face))
            #expect(throws: FrameRefusal.self) { try bench.model.preprocess(frame, .raw(Turner(contrast: 11.5))) }
            try Preprocessing(alignment: .face112, levelsGrey: true)
                .checkLight(of: AlignedFrame(image: frame, quality: 1, contrast: 8.5))
        }
    }

    @Test("without an aligner, or with another one, such a model gives no sample")
    func missing() async throws {
        try await SensorBench.run(alignment: .face112) { bench in
            try bench.put("b.pgm", Self.face)
            for aligners in [[], [Turner(alignment: .none), Turner(alignment: .finger128)]] {
                await #expect(
                    throws: SensorError.noSample(advice: "the sensor cannot align frames as the model wants")
                ) {
                    try await bench.sensor(aligners: aligners).capture(
                        try bench.challenge(),
                        index: 0,
                        timeout: .seconds(5)
                    ) { _ in }
                }
            }
        }
    }

    @Test("a model without alignment takes its frames as they come")
    func unaligned() async throws {
        try await SensorBench.run { bench in
            try bench.put("b.pgm", Self.face)
            let sample = try await bench.sensor(aligners: [Turner()]).capture(
                try bench.challenge(),
                index: 0,
                timeout: .seconds(5)
            ) { _ in }
            let frame = try #require(GrayImage(width: 8, height: 8, pixels: Self.face))
            #expect(sample.opening.values == (try bench.model.embed(frame)))
        }
    }
}
