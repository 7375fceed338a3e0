import Testing

@testable import Transcript

/// An external generator that a test can predict.
private struct CountingGenerator: RandomNumberGenerator {
    var state: UInt64 = 0

    mutating func next() -> UInt64 {
        state += 1
        return state
    }
}

@Suite struct TranscriptRandomTests {
    @Test func outputMatchesReference() throws {
        let vectors = try Vectors.load()
        var transcript = Transcript(label: "test TranscriptRng")
        transcript.append("com", bytes: "commitment data 1".utf8)
        var external = CountingGenerator()
        let random = transcript.makeRandomness(
            witness: [("witness1", pattern(32)), ("witness2", pattern(400))],
            using: &external
        )
        var outputs: [String] = []
        for count in [8, 64, 200, 1, 64] {
            var output = [UInt8](repeating: 0, count: count)
            output.withUnsafeMutableBytes { random.fill($0) }
            outputs.append(hex(output))
        }
        #expect(outputs == vectors.random)
    }

    @Test func nextIsEightLittleEndianBytes() throws {
        let vectors = try Vectors.load()
        var transcript = Transcript(label: "test TranscriptRng")
        transcript.append("com", bytes: "commitment data 1".utf8)
        var external = CountingGenerator()
        let random = transcript.makeRandomness(
            witness: [("witness1", pattern(32)), ("witness2", pattern(400))],
            using: &external
        )
        let value = random.next()
        #expect(hex((0..<8).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }) == vectors.random[0])
    }

    /// The merlin crate's `transcript_rng_is_bound_to_transcript_and_witnesses`, and the hedge: with the external
    /// generator stuck, another witness or another transcript still gives other randomness.
    @Test func boundToTranscriptWitnessAndExternalRandomness() {
        func sample(_ commitment: String, _ witness: String, seed: UInt64 = 0) -> UInt64 {
            var transcript = Transcript(label: "test TranscriptRng collisions")
            transcript.append("com", bytes: commitment.utf8)
            var external = CountingGenerator(state: seed)
            return transcript.makeRandomness(witness: [("witness", Array(witness.utf8))], using: &external).next()
        }
        let samples = [
            sample("commitment data 1", "witness data 1"),
            sample("commitment data 2", "witness data 1"),
            sample("commitment data 2", "witness data 2"),
            sample("commitment data 2", "witness data 2", seed: 7),
        ]
        #expect(Set(samples).count == 4)
        #expect(sample("commitment data 2", "witness data 2") == samples[2])
    }

    @Test func takingRandomnessLeavesTheTranscriptAlone() {
        var one = Transcript(label: "a")
        var two = one
        var external = SystemRandomNumberGenerator()
        _ = one.makeRandomness(witness: [("w", [1, 2, 3])], using: &external).next()
        #expect(one.challengeBytes("c", count: 32) == two.challengeBytes("c", count: 32))
    }
}
