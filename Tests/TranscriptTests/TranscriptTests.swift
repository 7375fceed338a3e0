import Testing

@testable import Transcript

@Suite struct TranscriptTests {
    /// The merlin crate's `equivalence_simple`.
    @Test func publishedVectorSimple() {
        var transcript = Transcript(label: "test protocol")
        transcript.append("some label", bytes: "some data".utf8)
        #expect(
            hex(transcript.challengeBytes("challenge", count: 32))
                == "d5a21972d0d5fe320c0d263fac7fffb8145aa640af6e9bca177c03c7efcf0615"
        )
    }

    /// The merlin crate's `equivalence_complex`; the value is that of the ports in Go and Python.
    @Test func publishedVectorComplex() {
        var transcript = Transcript(label: "test protocol")
        transcript.append("step1", bytes: "some data".utf8)
        var challenge: [UInt8] = []
        for _ in 0..<32 {
            challenge = transcript.challengeBytes("challenge", count: 32)
            transcript.append("bigdata", bytes: [UInt8](repeating: 99, count: 1024))
            transcript.append("challengedata", bytes: challenge)
        }
        #expect(hex(challenge) == "a8c933f54fae76e3f9bea93648c1308e7dfa2152dd51674ff3ca438351cf003c")
    }

    @Test func everyLengthRoundTheRateMatchesReference() throws {
        let vectors = try Vectors.load()
        var transcript = Transcript(label: "semblance transcript test")
        var outputs: [String] = []
        for count in Array(0..<12) + Array(150..<180) + [330, 331, 332, 333, 334, 500] {
            transcript.append("message", bytes: pattern(count))
            transcript.append("count", u64: UInt64(count) * 0x0123_4567_89AB)
            outputs.append(hex(transcript.challengeBytes("challenge", count: count % 90)))
        }
        outputs.append(hex(transcript.challengeBytes("last", count: 400)))
        #expect(outputs == vectors.transcript)
    }

    @Test func collectionsWithoutContiguousStorageAreTheSameMessage() {
        var one = Transcript(label: "a")
        var two = one
        one.append("m", bytes: pattern(200))
        two.append("m", bytes: pattern(200).lazy.map { $0 }.reversed().reversed())
        #expect(one.challengeBytes("c", count: 32) == two.challengeBytes("c", count: 32))
    }

    @Test func labelMessageLengthAndForkMatter() {
        let base = Transcript(label: "a")
        func challenge(_ body: (inout Transcript) -> Void, _ label: StaticString = "c") -> [UInt8] {
            var fork = base
            body(&fork)
            return fork.challengeBytes(label, count: 32)
        }
        let seen = Set([
            challenge { _ in },
            challenge({ _ in }, "d"),
            challenge { $0.append("m", bytes: [1]) },
            challenge { $0.append("n", bytes: [1]) },
            challenge { $0.append("m", bytes: [2]) },
            challenge { $0.append("m", bytes: [1, 0]) },
            challenge { $0.append("m", bytes: []) },
            challenge {
                $0.append("m", bytes: [])
                $0.append("m", bytes: [1])
            },
            challenge { $0.append("m", u64: 1) },
        ])
        #expect(seen.count == 9)
        #expect(challenge { $0.append("m", message: "hello") } == challenge { $0.append("m", bytes: "hello".utf8) })
    }
}
