import Encoding
import Interfaces
import Models
import Sodium
import Statement
import Testing

@testable import SensorClient
@testable import SensorCore

/// One capture for an upgrade: the same frame through two models, under one signature.
@Suite("captures for an upgrade")
struct UpgradeCaptureTests {
    private func upgrade(_ bench: SensorBench, from old: [UInt8], _ assurance: Assurance) throws -> SignedChallenge {
        try bench.challenge(
            role: .upgrade,
            assurance: assurance,
            previous: PreviousModel(identity: old, dimension: SensorBench.dimension, threshold: 30000, minimumNorm: 160)
        )
    }

    @Test("both models see one frame, and one signature covers both", arguments: [Assurance.match, .full])
    func capture(_ assurance: Assurance) async throws {
        try await SensorBench.run { bench in
            try bench.put("1.pgm", SensorBench.pixels(1))
            let old = try SensorBench.makeModel(layers: 2)
            let challenge = try upgrade(bench, from: old.identity, assurance)
            let sample = try await bench.sensor(others: [old]).capture(challenge, index: 0, timeout: .seconds(5)) { _ in
            }
            let models = [bench.model, old]
            let samples = try SensorClient.decode(
                SensorService.encode(sample),
                challenge,
                models: models
            )
            #expect(samples.count == 2)
            // One image, committed once.
            #expect(samples[0].network?.start.commitments == samples[1].network?.start.commitments)
            for (model, sample) in zip(models, samples) {
                let trace = try model.traceValues(input: SensorBench.pixels(1))
                #expect(sample.opening.values == trace.blocks.last)
                #expect(sample.network?.start.values == (assurance == .full ? trace.blocks.first : nil))
            }
        }
    }

    @Test("from a model without alignment to one with it, each model sees the frame as it wants it")
    func alignments() async throws {
        try await SensorBench.run(alignment: .face112) { bench in
            try bench.put("1.pgm", SensorBench.pixels(4))
            let old = try SensorBench.makeModel(layers: 2)
            let challenge = try upgrade(bench, from: old.identity, .full)
            let sensor = try bench.sensor(others: [old], aligners: [Turner()])
            let sample = try await sensor.capture(challenge, index: 0, timeout: .seconds(5)) { _ in }
            let aligned = [UInt8](SensorBench.pixels(4).reversed())
            #expect(sample.opening.values == (try bench.model.traceValues(input: aligned)).blocks[0])
            let previous = try #require(sample.previous)
            #expect(previous.values == (try old.traceValues(input: SensorBench.pixels(4))).blocks[0])
            // Two images, each committed for itself.
            #expect(previous.commitments != sample.opening.commitments)
        }
    }

    @Test(
        "blocks that are exchanged, missing or of another capture are not believed",
        arguments: [Assurance.match, .full]
    )
    func tampering(_ assurance: Assurance) async throws {
        try await SensorBench.run { bench in
            try bench.put("1.pgm", SensorBench.pixels(1))
            try bench.put("2.pgm", SensorBench.pixels(2))
            let old = try SensorBench.makeModel(layers: 2)
            let challenge = try upgrade(bench, from: old.identity, assurance)
            let sensor = try bench.sensor(others: [old])
            var captures: [[String: JSON]] = []
            for index in 0..<2 {
                let sample = try await sensor.capture(challenge, index: index, timeout: .seconds(5)) { _ in }
                captures.append(SensorService.encode(sample))
            }
            func decode(_ members: [String: JSON], _ challenge: SignedChallenge) throws {
                _ = try SensorClient.decode(
                    members,
                    challenge,
                    models: [bench.model, old]
                )
            }
            try decode(captures[0], challenge)
            try decode(captures[1], challenge)
            var mixed = captures[0]
            mixed["previous"] = captures[1]["previous"]
            #expect(throws: SampleFailure.self) { try decode(mixed, challenge) }
            mixed["previous"] = nil
            #expect(throws: SampleFailure.self) { try decode(mixed, challenge) }
            if assurance == .match {  // At full both blocks are the one image.
                mixed["previous"] = .object(captures[0])
                #expect(throws: SampleFailure.self) { try decode(mixed, challenge) }
            }
            // One model's answer to a challenge for one model has no second block.
            let plain = try bench.challenge(assurance: assurance)
            #expect(throws: SampleFailure.self) { try decode(captures[0], plain) }
        }
    }

    /// Whoever signs challenges must not be able to turn a bound until it tells how far two captures are apart.
    @Test("bounds that are laxer than the model's calibration, or than the ones they replace, are refused")
    func laxBounds() async throws {
        try await SensorBench.run { bench in
            try bench.put("1.pgm", SensorBench.pixels(1))
            let table = [MatchThreshold(fmr: 0.01, numerator: 20000), MatchThreshold(fmr: 0.001, numerator: 30000)]
            let old = try SensorBench.makeModel(thresholds: table)
            let new = try SensorBench.makeModel(layers: 2, minimumNorm: 200, thresholds: table)
            let sensor = try bench.sensor(others: [old, new])
            func capture(_ role: Role, threshold: UInt16, previous: UInt16 = 30000, norm: UInt32 = 200) async throws {
                let challenge = try bench.challenge(
                    role: role,
                    model: new.identity,
                    threshold: threshold,
                    minimumNorm: norm,
                    previous: role == .upgrade
                        ? PreviousModel(
                            identity: old.identity,
                            dimension: SensorBench.dimension,
                            threshold: previous,
                            minimumNorm: 160
                        ) : nil
                )
                _ = try await sensor.capture(challenge, index: 0, timeout: .seconds(5)) { _ in }
            }
            try await capture(.enrol, threshold: 20000)
            try await capture(.upgrade, threshold: 30000)
            try await capture(.upgrade, threshold: 20000, previous: 29999)
            for (role, threshold, previous, norm) in [
                (.enrol, 19999, 30000, 200), (.enrol, 20000, 30000, 199), (.upgrade, 29999, 30000, 200),
                (.upgrade, 30000, 19999, 200), (.upgrade, 1, 30000, 200),
            ] as [(Role, UInt16, UInt16, UInt32)] {
                await #expect(throws: SensorError.badRequest) {
                    try await capture(role, threshold: threshold, previous: previous, norm: norm)
                }
            }
        }
    }

    @Test("a previous model that the sensor does not have is named as such")
    func unknownModel() async throws {
        try await SensorBench.run { bench in
            try bench.put("1.pgm", SensorBench.pixels(1))
            let challenge = try upgrade(bench, from: [UInt8](repeating: 1, count: 32), .match)
            await #expect(throws: SensorError.modelUnknown) {
                try await bench.sensor().capture(challenge, index: 0, timeout: .seconds(1)) { _ in }
            }
        }
    }
}
