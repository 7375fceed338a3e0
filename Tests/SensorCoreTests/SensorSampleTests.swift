import Sodium
import Statement
import Testing

@testable import Encoding
@testable import Interfaces
@testable import SensorClient
@testable import SensorCore
@testable import Varlink

@Suite("a sample on the wire")
struct SensorSampleTests {
    /// One capture of the bench, as the sensor sends it.
    private func captured(_ bench: SensorBench, _ assurance: Assurance) async throws -> SensorSample {
        try bench.put("1.pgm", SensorBench.pixels(1))
        let challenge = try bench.challenge(assurance: assurance)
        return try await bench.sensor().capture(challenge, index: 0, timeout: .seconds(5)) { _ in }.message
    }

    /// Through the very bytes of a message.
    private func sent(_ samples: [[String: JSON]]) throws -> Parameters {
        let reply = JSON.object(["samples": .array(samples.map { .object($0) })])
        guard case .object(let members) = try JSON(parsing: reply.encode()) else { return Parameters([:]) }
        return Parameters(members)
    }

    private func contents(_ block: SensorSample.Block) -> [[UInt8]] {
        [block.values.withUnsafeBytes { Array($0) }, block.blinders.withUnsafeBytes { Array($0) }, block.commitments]
    }

    private func expectEqual(_ decoded: SensorSample, _ sample: SensorSample) {
        #expect(decoded.challenge == sample.challenge && decoded.quality == sample.quality)
        #expect(decoded.attestation.encode() == sample.attestation.encode())
        #expect(contents(decoded.block) == contents(sample.block))
        #expect(decoded.previous.map(contents) == sample.previous.map(contents))
    }

    @Test(
        "what is encoded decodes to the same, alone, with the previous model's, and values that are left out",
        arguments: Assurance.allCases
    )
    func roundTrip(_ assurance: Assurance) async throws {
        try await SensorBench.run(layers: 2) { bench in
            let sample = try await captured(bench, assurance)
            let second = SensorSample(
                challenge: 3,
                block: sample.block,
                previous: sample.block,
                attestation: sample.attestation,
                quality: 1
            )
            let wire = SensorSample.encode([sample, second])
            #expect(wire[0]["values"] != nil && wire[1]["values"] == nil)
            let decoded = try SensorSample.decode(try sent(wire))
            try #require(decoded.count == 2)
            expectEqual(decoded[0], sample)
            expectEqual(decoded[1], second)
            // Again encoded, it is the same text.
            #expect(SensorSample.encode(decoded) == wire)
            let method = try #require(VarlinkInterface.sensor.methods["Capture"])
            #expect(VarlinkInterface.sensor.mismatch(of: try sent(wire).values, with: method.output) == nil)
            #expect(try SensorSample.decode(Parameters(["samples": []])).isEmpty)
        }
    }

    @Test("it opens what was committed", arguments: [Assurance.full, .head, .match])
    func openings(_ assurance: Assurance) async throws {
        try await SensorBench.run(layers: 2) { bench in
            let block = try await captured(bench, assurance).block
            if let start = bench.model.published.startBlock(at: assurance) {
                let description = bench.model.published.description
                let opening = try block.startOpening(description, start: start)
                #expect(contents(SensorSample.Block(opening)) == contents(block))
                #expect(throws: SensorSample.Fault.self) { try block.embeddingOpening() }
            } else {
                let opening = try block.embeddingOpening()
                #expect(opening.values.count == SensorBench.dimension)
                #expect(contents(SensorSample.Block(opening)) == contents(block))
                #expect(throws: SensorSample.Fault.self) {
                    try block.startOpening(bench.model.published.description, start: 0)
                }
            }
        }
    }

    @Test("a member that is missing, of another type or no base64 is a fault that names it")
    func members() async throws {
        try await SensorBench.run { bench in
            let sample = try await captured(bench, .match)
            let wire = SensorSample.encode([sample])[0]
            let others: [JSON] = [.null, true, 7, 1.5, "no base64", "AAA", [], [:]]
            for member in ["challenge", "values", "blinder", "commitment", "attestation", "quality"] {
                for other in [JSON?.none] + others.map(JSON?.some) {
                    // A number is what challenge and quality are; these ones are not theirs.
                    if member == "challenge", other == 7 { continue }
                    var changed = wire
                    changed[member] = other
                    #expect(throws: SensorSample.Fault(member: member), "\(member): \(String(describing: other))") {
                        try SensorSample.decode(try sent([changed]))
                    }
                }
            }
            for (member, value) in [
                ("challenge", JSON.integer(-1)), ("quality", .number(-0.1)), ("quality", .number(1.01)),
                ("previous", "x"), ("previous", []), ("previous", [:]),
            ] {
                var changed = wire
                changed[member] = value
                #expect(throws: SensorSample.Fault.self) { try SensorSample.decode(try sent([changed])) }
            }
            #expect(throws: SensorSample.Fault(member: "samples")) { try SensorSample.decode(Parameters([:])) }
            // The first has none before it, and a previous model's are never left out.
            var previous = SensorSample.encode([sample])[0]
            previous["values"] = nil
            var changed = wire
            changed["previous"] = .object(previous)
            #expect(throws: SensorSample.Fault(member: "values")) { try SensorSample.decode(try sent([changed])) }
        }
    }

    @Test("every byte counts: a sample of which one is another is not believed", arguments: [Assurance.match, .full])
    func mutations(_ assurance: Assurance) async throws {
        try await SensorBench.run { bench in
            try bench.put("1.pgm", SensorBench.pixels(1))
            let challenge = try bench.challenge(assurance: assurance)
            let sample = try await bench.sensor().capture(challenge, index: 0, timeout: .seconds(5)) { _ in }
            let wire = SensorService.encode(sample)
            _ = try SensorClient.decode(wire, challenge, models: [bench.model])
            for member in ["values", "blinder", "commitment", "attestation"] {
                let whole = try #require(Base64.decode(try Parameters(wire).string(member)))
                for index in whole.indices {
                    var bytes = whole
                    bytes[index] ^= 1 << UInt8(index % 8)
                    var changed = wire
                    changed[member] = .string(Base64.encode(bytes))
                    #expect(throws: SampleFailure.self, "\(member), byte \(index)") {
                        try SensorClient.decode(changed, challenge, models: [bench.model])
                    }
                }
                for length in 0..<min(whole.count, 70) {
                    var changed = wire
                    changed[member] = .string(Base64.encode(whole.prefix(length)))
                    #expect(throws: SampleFailure.self, "\(member), \(length) bytes") {
                        try SensorClient.decode(changed, challenge, models: [bench.model])
                    }
                }
            }
        }
    }
}
