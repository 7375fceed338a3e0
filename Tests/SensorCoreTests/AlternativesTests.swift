import Encoding
import Imaging
import Interfaces
import Models
import Sodium
import Statement
import Synchronization
import Testing
import Varlink

@testable import SensorClient
@testable import SensorCore

/// One capture for several enrolments: each is answered apart, and none costs a capture or a run of its own.
@Suite("captures for a set of challenges")
struct AlternativesTests {
    /// Takes frames that begin with a dark pixel, which `Turner` refuses.
    private struct Ridges: FrameAligner {
        let alignment = Alignment.finger128

        func align(_ frame: GrayImage) throws(FrameRefusal) -> AlignedFrame {
            guard frame.pixels[0] <= 50 else { throw FrameRefusal(advice: "no finger seen") }
            return AlignedFrame(image: frame, quality: 0.5)
        }
    }

    private static let finger = [UInt8](repeating: 20, count: 32) + [UInt8](repeating: 200, count: 32)
    private static let face = [UInt8](repeating: 200, count: 32) + [UInt8](repeating: 90, count: 32)

    private func login(
        _ bench: SensorBench,
        _ label: String,
        nonce: [UInt8],
        assurance: Assurance = .match,
        modality: Modality = .face,
        model: [UInt8]? = nil
    ) throws -> SignedChallenge {
        try bench.challenge(
            role: .authenticate,
            samples: 1,
            label: label,
            nonce: nonce,
            assurance: assurance,
            modality: modality,
            model: model
        )
    }

    @Test(
        "every enrolment gets a sample of its own, under its own blinders and signature",
        arguments: [Assurance.match, .full]
    )
    func ownSamples(_ assurance: Assurance) async throws {
        try await SensorBench.run { bench in
            try bench.put("a.pgm", SensorBench.pixels(1))
            let nonce = SecureRandom.bytes(32)
            let challenges = try ["glasses", "none", "beard"].map {
                try login(bench, $0, nonce: nonce, assurance: assurance)
            }
            let samples = try await bench.sensor().capture(challenges, index: 0, timeout: .seconds(5)) { _ in }
            #expect(samples.map(\.challenge) == [0, 1, 2])
            #expect(Set(samples.map { $0.opening.commitments.flatMap(\.bytes) }).count == 3)
            #expect(Set(samples.map(\.opening.values)).count == 1)
            for (sample, own) in zip(samples, challenges) {
                for challenge in challenges {
                    let isValid = sample.attestation.isValid(challenge: challenge, blocks: [sample.opening.block])
                    #expect(isValid == (challenge == own))
                }
            }
            // The values travel once, and the network runs once for all.
            let encoded = SensorService.encode(samples)
            #expect(encoded.map { $0["values"] != nil } == [true, false, false])
            let reply = Parameters(["samples": .array(encoded.map { .object($0) })])
            let captured = try SensorClient.decode(reply, challenges, models: [bench.model])
            #expect(captured.map(\.challenge) == [0, 1, 2])
            #expect(captured.allSatisfy { $0.samples.count == 1 })
            if assurance == .full {
                let places = captured.map { sample in
                    sample.samples[0].network?.trace.blocks[0].withUnsafeBufferPointer { $0.baseAddress }
                }
                #expect(Set(places).count == 1 && places[0] != nil)
            }
        }
    }

    @Test("a sample for another challenge, twice, out of order or without its values is not believed")
    func tampering() async throws {
        try await SensorBench.run { bench in
            try bench.put("a.pgm", SensorBench.pixels(1))
            let nonce = SecureRandom.bytes(32)
            let challenges = try ["glasses", "none"].map { try login(bench, $0, nonce: nonce) }
            let samples = try await bench.sensor().capture(challenges, index: 0, timeout: .seconds(5)) { _ in }
            let encoded = samples.map { SensorService.encode($0) }
            func decode(_ samples: [[String: JSON]], for challenges: [SignedChallenge]) throws -> [Int] {
                let reply = Parameters(["samples": .array(samples.map { .object($0) })])
                return try SensorClient.decode(reply, challenges, models: []).map(\.challenge)
            }
            #expect(try decode(encoded, for: challenges) == [0, 1])
            #expect(try decode([encoded[1]], for: challenges) == [1])
            func changed(_ index: Int, _ member: String, _ value: JSON?) -> [String: JSON] {
                var members = encoded[index]
                members[member] = value
                return members
            }
            let wrong: [[[String: JSON]]] = [
                [], [encoded[1], encoded[0]], [encoded[0], encoded[0]], encoded + [encoded[1]],
                [changed(0, "challenge", 1)], [changed(0, "challenge", 2)], [changed(0, "challenge", -1)],
                [changed(0, "challenge", .integer(.max))], [changed(0, "challenge", nil)], [changed(0, "values", nil)],
                [encoded[0], changed(1, "attestation", encoded[0]["attestation"])],
                [encoded[0], changed(1, "blinder", encoded[0]["blinder"])],
            ]
            for samples in wrong {
                #expect(throws: SampleFailure.self) { try decode(samples, for: challenges) }
            }
            #expect(throws: SampleFailure.self) { try decode([encoded[0]], for: challenges.reversed()) }
        }
    }

    @Test("a frame answers the challenges of its modality, whichever comes first; the others get nothing")
    func modalities() async throws {
        try await SensorBench.run(alignment: .face112) { bench in
            let fingers = try SensorBench.makeModel(modality: "fingerprint", alignment: .finger128)
            let nonce = SecureRandom.bytes(32)
            let face = try login(bench, "default", nonce: nonce)
            let right = try login(bench, "right", nonce: nonce, modality: .fingerprint, model: fingers.identity)
            let left = try login(bench, "left", nonce: nonce, modality: .fingerprint, model: fingers.identity)
            for (pixels, expected) in [(Self.finger, [right, left]), (Self.face, [face])] {
                for order in [[face, right, left], [right, face, left], [right, left, face]] {
                    try bench.put("a.pgm", pixels)
                    let sensor = try bench.sensor(others: [fingers], aligners: [Turner(), Ridges()])
                    let samples = try await sensor.capture(order, index: 0, timeout: .seconds(5)) { _ in }
                    #expect(samples.map { order[$0.challenge] } == expected)
                }
            }
        }
    }

    @Test("where a frame is nothing that was asked for, it is said of each modality")
    func advice() async throws {
        try await SensorBench.run(alignment: .face112) { bench in
            let fingers = try SensorBench.makeModel(modality: "fingerprint", alignment: .finger128)
            struct Blind: FrameAligner {
                let alignment = Alignment.finger128

                func align(_ frame: GrayImage) throws(FrameRefusal) -> AlignedFrame {
                    throw FrameRefusal(advice: "no finger seen")
                }
            }
            try bench.put("a.pgm", Self.finger)
            let nonce = SecureRandom.bytes(32)
            let challenges = [
                try login(bench, "default", nonce: nonce),
                try login(bench, "right", nonce: nonce, modality: .fingerprint, model: fingers.identity),
            ]
            let sensor = try bench.sensor(others: [fingers], aligners: [Turner(), Blind()])
            let words = "face: no face seen; fingerprint: no finger seen"
            await #expect(throws: SensorError.noSample(advice: words)) {
                try await sensor.capture(challenges, index: 0, timeout: .seconds(5)) { _ in }
            }
        }
    }

    @Test("what the sensor knows nothing of is passed over as long as something is left")
    func unknown() async throws {
        try await SensorBench.run { bench in
            try bench.put("a.pgm", SensorBench.pixels(1))
            let nonce = SecureRandom.bytes(32)
            let known = try login(bench, "default", nonce: nonce)
            let model = try login(bench, "other", nonce: nonce, model: [UInt8](repeating: 1, count: 32))
            let modality = try login(bench, "right", nonce: nonce, modality: .fingerprint)
            let sensor = try bench.sensor()
            let samples = try await sensor.capture([modality, model, known], index: 0, timeout: .seconds(5)) { _ in }
            #expect(samples.map(\.challenge) == [2])
            await #expect(throws: SensorError.noSensor) {
                try await sensor.capture([modality, model], index: 0, timeout: .seconds(5)) { _ in }
            }
            await #expect(throws: SensorError.modelUnknown) {
                try await sensor.capture([model, modality], index: 0, timeout: .seconds(5)) { _ in }
            }
        }
    }

    @Test("challenges that do not belong together are refused before anything is looked at")
    func strangers() async throws {
        try await SensorBench.run { bench in
            try bench.put("a.pgm", SensorBench.pixels(1))
            let nonce = SecureRandom.bytes(32)
            let first = try login(bench, "one", nonce: nonce)
            func other(
                _ label: String = "two",
                role: Role = .authenticate,
                subject: String = "alice",
                audience: String = "host",
                nonce own: [UInt8]? = nil,
                model: [UInt8]? = nil,
                signer: SigningKey? = nil
            ) throws -> SignedChallenge {
                try bench.challenge(
                    role: role,
                    samples: 1,
                    audience: audience,
                    subject: subject,
                    label: label,
                    nonce: own ?? nonce,
                    model: model,
                    signer: signer
                )
            }
            // Its least norm is above that of the challenges.
            let strict = try SensorBench.makeModel(layers: 2, minimumNorm: 200)
            let sensor = try bench.sensor(others: [strict])
            let sets: [[SignedChallenge]] = [
                [first, try other(subject: "bob")], [first, try other(audience: "elsewhere")],
                [first, try other(nonce: SecureRandom.bytes(32))], [first, try other("one")],
                [first] + (try (0..<8).map { try other("\($0)") }),
                [first, try other(role: .enrol)], try ["one", "two"].map { try other($0, role: .enrol) },
                [first, try other(signer: SigningKey())], [first, try other(model: strict.identity)],
                [],
            ]
            for challenges in sets {
                await #expect(throws: SensorError.badRequest) {
                    try await sensor.capture(challenges, index: 0, timeout: .seconds(5)) { _ in }
                }
            }
            let eight = [first] + (try (0..<7).map { try other("\($0)") })
            #expect(try await sensor.capture(eight, index: 0, timeout: .seconds(5)) { _ in }.count == 8)
            // A set is one look, in whatever order.
            await #expect(throws: SensorError.noSample(advice: ImageSensor.replayAdvice)) {
                try await sensor.capture(eight.reversed(), index: 0, timeout: .seconds(5)) { _ in }
            }
        }
    }
}
