import Foundation
import Imaging
import Interfaces
import Models
import Sodium
import Statement
import Synchronization
import Testing

@testable import SensorCore

@Suite("image sensor")
struct ImageSensorTests {
    @Test("a sample is the embedding of the frame, committed, and signed with the key for that verifier")
    func sample() async throws {
        try await SensorBench.run { bench in
            try bench.put("a.pgm", SensorBench.pixels(1))
            let sensor = try bench.sensor()
            let challenge = try bench.challenge()
            let sample = try await sensor.capture(challenge, index: 0, timeout: .seconds(5)) { _ in }
            let image = try #require(GrayImage(width: 8, height: 8, pixels: SensorBench.pixels(1)))
            #expect(sample.opening.values == (try bench.model.embed(image)))
            #expect(sample.attestation.isValid(challenge: challenge, rows: sample.opening.commitments))
            let key = try sensor.publicKey(audience: "host", verifierKey: bench.verifier.publicKey.bytes)
            #expect(sample.attestation.publicKey == key.bytes)
            #expect(sample.attestation.time == 1_800_000_000)
            #expect((0...1).contains(sample.quality))
            let other = try bench.challenge()
            #expect(!sample.attestation.isValid(challenge: other, rows: sample.opening.commitments))
        }
    }

    @Test("at full it is the network's input, at head a feature map", arguments: [Assurance.full, .head])
    func start(_ assurance: Assurance) async throws {
        try await SensorBench.run(layers: 2) { bench in
            try bench.put("a.pgm", SensorBench.pixels(1))
            let challenge = try bench.challenge(assurance: assurance)
            let sample = try await bench.sensor().capture(challenge, index: 0, timeout: .seconds(5)) { _ in }
            let trace = try bench.model.traceValues(input: SensorBench.pixels(1))
            let shape =
                assurance == .full
                ? TensorShape(channels: 1, height: 8, width: 8) : TensorShape(channels: 16, height: 1, width: 1)
            #expect(sample.opening.values == trace.blocks[assurance == .full ? 0 : 1])
            #expect(sample.opening.commitments.count == 1)
            #expect(
                sample.attestation.isValid(challenge: challenge, shape: shape, rows: sample.opening.commitments)
            )
            #expect(!sample.attestation.isValid(challenge: challenge, rows: sample.opening.commitments))
        }
    }

    @Test("the same face twice gives two commitments")
    func freshBlinder() async throws {
        try await SensorBench.run { bench in
            try bench.put("a.pgm", SensorBench.pixels(1))
            let sensor = try bench.sensor()
            let first = try await sensor.capture(try bench.challenge(), index: 0, timeout: .seconds(5)) { _ in }
            let second = try await sensor.capture(try bench.challenge(), index: 0, timeout: .seconds(5)) { _ in }
            #expect(first.opening.values == second.opening.values)
            #expect(first.opening.commitments != second.opening.commitments)
        }
    }

    @Test("the same frame twice within one challenge is a replay")
    func replay() async throws {
        try await SensorBench.run { bench in
            try bench.put("a.pgm", SensorBench.pixels(1))
            let sensor = try bench.sensor()
            let challenge = try bench.challenge()
            _ = try await sensor.capture(challenge, index: 0, timeout: .seconds(5)) { _ in }
            await #expect(throws: SensorError.noSample(advice: ImageSensor.replayAdvice)) {
                try await sensor.capture(challenge, index: 1, timeout: .seconds(5)) { _ in }
            }
            // A copy under another name is the same frame; another picture is not.
            try bench.put("b.pgm", SensorBench.pixels(1))
            await #expect(throws: SensorError.noSample(advice: ImageSensor.replayAdvice)) {
                try await sensor.capture(challenge, index: 1, timeout: .seconds(5)) { _ in }
            }
            try bench.put("c.pgm", SensorBench.pixels(2))
            _ = try await sensor.capture(challenge, index: 1, timeout: .seconds(5)) { _ in }
        }
    }

    @Test("each capture takes the next file, bad ones are passed over with advice in words")
    func orderAndAdvice() async throws {
        try await SensorBench.run { bench in
            try bench.put("1.pgm", [UInt8](repeating: 2, count: 64))
            try bench.put("2.pgm", [UInt8](repeating: 254, count: 64))
            try bench.put("3.pgm", [UInt8](repeating: 128, count: 64))
            try Data("no image".utf8).write(to: URL(fileURLWithPath: bench.directory + "/4.png"))
            try bench.put("5.pgm", SensorBench.pixels(5))
            try bench.put("6.pgm", SensorBench.pixels(6))
            let sensor = try bench.sensor()
            let advice = Mutex<[String]>([])
            let challenge = try bench.challenge()
            let first = try await sensor.capture(challenge, index: 0, timeout: .seconds(5)) { text in
                advice.withLock { $0.append(text) }
            }
            #expect(
                advice.withLock { $0 } == [
                    "too dark: 100 % is black, at most 30; more light",
                    "too bright: 100 % is white, at most 30; less light",
                    "too little contrast: 0, need 8; more light",
                    "the image cannot be read: neither PNG, JPEG, PNM nor BMP",
                ]
            )
            let second = try await sensor.capture(challenge, index: 1, timeout: .seconds(5)) { _ in }
            func embedding(_ seed: UInt64) throws -> [Int16] {
                let image = try #require(GrayImage(width: 8, height: 8, pixels: SensorBench.pixels(seed)))
                return try bench.model.embed(image)
            }
            #expect(first.opening.values == (try embedding(5)))
            #expect(second.opening.values == (try embedding(6)))
        }
    }

    @Test("nothing usable in the whole tray: the last advice; no tray at all: it says so after the time")
    func nothing() async throws {
        try await SensorBench.run { bench in
            try bench.put("1.pgm", [UInt8](repeating: 32, count: 64))
            let sensor = try bench.sensor()
            await #expect(throws: SensorError.noSample(advice: "too little contrast: 0, need 8; more light")) {
                try await sensor.capture(try bench.challenge(), index: 0, timeout: .seconds(5)) { _ in }
            }
            try FileManager.default.removeItem(atPath: bench.directory + "/1.pgm")
            await #expect(throws: SensorError.noSample(advice: "the tray has no image")) {
                try await sensor.capture(try bench.challenge(), index: 0, timeout: .milliseconds(150)) { _ in }
            }
        }
    }

    @Test("an embedding below the challenge's least norm is no sample")
    func norm() async throws {
        try await SensorBench.run { bench in
            try bench.put("1.pgm", SensorBench.pixels(1))
            let sensor = try bench.sensor()
            let challenge = try bench.challenge(minimumNorm: 16 * 127 * 127)
            await #expect(throws: SensorError.noSample(advice: "too little to recognise in the image")) {
                try await sensor.capture(challenge, index: 0, timeout: .seconds(5)) { _ in }
            }
        }
    }

    @Test("challenges that are refused, each by its reason")
    func refusals() async throws {
        try await SensorBench.run { bench in
            try bench.put("a.pgm", SensorBench.pixels(1))
            let sensor = try bench.sensor()
            let good = try bench.challenge()
            let cases: [(SignedChallenge, Int, SensorError)] = [
                (good, 3, .badRequest), (good, -1, .badRequest), (good, .max, .badRequest),
                (try bench.challenge(signer: SigningKey()), 0, .badRequest),
                (try bench.challenge(issuedAt: 1_799_999_940), 0, .badRequest),
                (try bench.challenge(assurance: .head), 0, .badRequest),
                (try bench.challenge(modality: .fingerprint), 0, .noSensor),
                (try bench.challenge(model: [UInt8](repeating: 1, count: 32)), 0, .modelUnknown),
                (try bench.challenge(dimension: 15), 0, .modelUnknown),
            ]
            for (challenge, index, expected) in cases {
                await #expect(throws: expected) {
                    try await sensor.capture(challenge, index: index, timeout: .seconds(1)) { _ in }
                }
            }
        }
    }

    @Test("one capture at a time, and a cancelled one makes room")
    func busy() async throws {
        try await SensorBench.run { bench in
            let sensor = try bench.sensor()
            let challenge = try bench.challenge()
            let first = Task { try await sensor.capture(challenge, index: 0, timeout: .seconds(600)) { _ in } }
            while await !sensor.isCapturing { try await Task.sleep(for: .milliseconds(5)) }
            await #expect(throws: SensorError.busy) {
                try await sensor.capture(challenge, index: 0, timeout: .seconds(1)) { _ in }
            }
            first.cancel()
            await #expect(throws: SensorError.cancelled) { try await first.value }
            try bench.put("a.pgm", SensorBench.pixels(1))
            _ = try await sensor.capture(challenge, index: 0, timeout: .seconds(5)) { _ in }
        }
    }
}

@Suite("tray")
struct ImageTrayTests {
    @Test("name order, wrap-around, a fresh start when the listing changes; only regular image files count")
    func order() async throws {
        try await SensorBench.run { bench in
            for name in ["b.pgm", "a.PNG", "c.jpeg", ".hidden.png", "notes.txt"] { try bench.put(name, [0]) }
            mkfifo(bench.directory + "/d.png", 0o600)
            try FileManager.default.createDirectory(
                atPath: bench.directory + "/e.png",
                withIntermediateDirectories: false
            )
            var tray = ImageTray(directory: bench.directory)
            func next(_ tray: inout ImageTray) -> String? {
                tray.next(of: ImageTray.imageNames(in: tray.directory))
            }
            func names(_ count: Int) -> [String] {
                (0..<count).map { _ in (next(&tray).map { ($0 as NSString).lastPathComponent }) ?? "-" }
            }
            #expect(names(5) == ["a.PNG", "b.pgm", "c.jpeg", "a.PNG", "b.pgm"])
            try bench.put("0.bmp", [0])
            #expect(names(2) == ["0.bmp", "a.PNG"])
            for name in ["0.bmp", "b.pgm", "a.PNG", "c.jpeg"] {
                try FileManager.default.removeItem(atPath: bench.directory + "/" + name)
            }
            #expect(names(1) == ["-"])
            var missing = ImageTray(directory: bench.directory + "/none")
            #expect(next(&missing) == nil)
        }
    }
}

@Suite("sensor keys")
struct SensorKeysTests {
    @Test("one key per audience and verifier key, the same one each time, of the documented derivation")
    func derivation() throws {
        let master = SecretBytes(copying: [UInt8](0..<32))
        let keys = try #require(SensorKeys(master: master))
        let verifierKey = [UInt8](repeating: 5, count: 32)
        let key = try #require(keys.key(audience: "host", verifierKey: verifierKey)).publicKey
        // Made with Python: hashlib.blake2b(b"semblance sensor key v1host" + b"\x05" * 32, digest_size=32,
        // key=bytes(range(32))) as the seed of cryptography's Ed25519PrivateKey.
        let expected = "7210183dbd30e111c120c188d07fdc347e1b13ecc88cb603787874856d7e2414"
        #expect(key.bytes.map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined() == expected)
        #expect(keys.key(audience: "host", verifierKey: verifierKey)?.publicKey == key)
        #expect(keys.key(audience: "hosT", verifierKey: verifierKey)?.publicKey != key)
        #expect(keys.key(audience: "host", verifierKey: [UInt8](repeating: 6, count: 32))?.publicKey != key)
        #expect(keys.key(audience: "host", verifierKey: [5]) == nil)
        #expect(SensorKeys(master: SecretBytes(count: 31)) == nil)
        let other = try #require(SensorKeys(master: .random(count: 32)))
        #expect(other.key(audience: "host", verifierKey: verifierKey)?.publicKey != key)
    }
}
