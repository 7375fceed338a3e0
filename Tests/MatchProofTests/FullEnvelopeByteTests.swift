import NetworkProof
import Ristretto255
import Testing

@testable import Commitments
@testable import MatchProof

/// No byte of an envelope at `full` is free, none can be added or taken away, and whatever else arrives is refused
/// without a trap.
@Suite struct FullEnvelopeByteTests {
    /// Offsets and kinds of the network proof's elements, from `docs/protocol.md` section 7.6.
    private struct Layout {
        var elements: [(name: String, isScalar: Bool, offset: Int)] = []

        init(_ envelope: ProofEnvelope) {
            var offset = 4 + 1 + 1 + 2 + envelope.challenge.bytes.count
            for attestation in envelope.attestations { offset += attestation == nil ? 1 : 1 + 8 + 32 + 64 }
            guard let model = envelope.model else { return }
            let shape = NetworkShape(model.description, start: envelope.challenge.challenge.assurance == .full ? 0 : 1)
            var rounds = 0
            while 1 << rounds < shape.gateCount { rounds += 1 }
            var foldCount = 0
            while 16 << foldCount < shape.columnCount { foldCount += 1 }
            for _ in 0..<envelope.challenge.challenge.samples {
                for (name, isScalar, count) in [
                    ("row", false, shape.sentRowCount), ("wire commitment", false, 3),
                    ("masked scalar", true, shape.maskedScalarCount), ("D", false, 1), ("s", true, 1),
                    ("omega", true, 1), ("fold", false, 2 * foldCount), ("vector", true, 16), ("T", false, 5),
                    ("value at x", true, 3), ("closing fold", false, 2 * rounds), ("closing scalar", true, 2),
                ] {
                    for _ in 0..<count {
                        elements.append((name, isScalar, offset))
                        offset += 32
                    }
                }
            }
        }
    }

    private func scenario() throws -> (FullScenario, [UInt8], Layout) {
        let scenario = try FullScenario(.full)
        let envelope = try scenario.prove()
        return (scenario, envelope.encode(), Layout(envelope))
    }

    private func isRefused(_ scenario: FullScenario, _ bytes: [UInt8]) -> Bool {
        guard let envelope = try? scenario.decode(bytes) else { return true }
        return
            (try? MatchVerifier().verify(
                envelope,
                verifierKey: scenario.fixture.verifier.publicKey,
                sensorKey: nil
            )) == nil
    }

    @Test func everyElementOfTheNetworkProofMatters() throws {
        let (scenario, bytes, layout) = try scenario()
        #expect(!isRefused(scenario, bytes))
        for element in layout.elements {
            let range = element.offset..<element.offset + 32
            var changed = bytes
            if element.isScalar {
                let scalar = try #require(Scalar(canonicalBytes: bytes[range]))
                changed.replaceSubrange(range, with: (scalar + .one).bytes)
            } else {
                let point = try #require(CompressedRistretto(bytes[range])?.decompress(), "\(element.name)")
                changed.replaceSubrange(range, with: (point + .generator).compress().bytes)
            }
            #expect(isRefused(scenario, changed), "\(element.name)")
        }
        // The layout ends where the match proof begins: E_1.
        let end = try #require(layout.elements.last).offset + 32
        #expect(Array(bytes[end..<end + 32]) == scenario.samples[0].opening.commitment.bytes)
    }

    /// One bit in each byte of the challenge and the attestation, and in one byte of each element.
    @Test func bitsMatter() throws {
        let (scenario, bytes, layout) = try scenario()
        let first = try #require(layout.elements.first).offset
        for position in Array(0..<first) + layout.elements.enumerated().map({ $1.offset + $0 % 32 }) {
            var changed = bytes
            changed[position] ^= 1 << UInt8(position % 8)
            #expect(isRefused(scenario, changed), "\(position)")
        }
    }

    @Test func everyTruncationAndTails() throws {
        let (scenario, bytes, layout) = try scenario()
        for count in 0..<bytes.count where count < 600 || count % 97 == 0 || count > bytes.count - 40 {
            #expect(throws: WireError.self) { try scenario.decode(Array(bytes.prefix(count))) }
        }
        for tail in [[0], [0xff], Array(repeating: 0, count: 32), bytes] as [[UInt8]] {
            #expect(throws: WireError.trailingBytes) { try scenario.decode(bytes + tail) }
        }
        // An element too many, or too few, of every kind.
        for element in layout.elements {
            let range = element.offset..<element.offset + 32
            var more = bytes
            more.insert(contentsOf: bytes[range], at: range.upperBound)
            #expect(throws: WireError.self) { try scenario.decode(more) }
            var less = bytes
            less.removeSubrange(range)
            #expect(throws: WireError.self) { try scenario.decode(less) }
        }
        #expect(throws: WireError.trailingBytes) {
            try scenario.decode(bytes + Array(repeating: 0, count: ProofEnvelope.maximumByteCount))
        }
    }

    @Test func onlyCanonicalElements() throws {
        let (scenario, bytes, layout) = try scenario()
        var prime = [UInt8](repeating: 0xff, count: 32)
        prime[0] = 0xed
        prime[31] = 0x7f
        let noPoints: [[UInt8]] = [
            prime, [1] + Array(repeating: 0, count: 31), [2] + Array(repeating: 0, count: 31),
            Array(repeating: 0xff, count: 32),
        ]
        for element in layout.elements {
            let range = element.offset..<element.offset + 32
            func replaced(_ value: [UInt8]) -> [UInt8] {
                var changed = bytes
                changed.replaceSubrange(range, with: value)
                return changed
            }
            if element.isScalar {
                var carry = 1
                let plusOrder = zip(bytes[range], (-Scalar.one).bytes).map { a, b -> UInt8 in
                    let sum = Int(a) + Int(b) + carry
                    carry = sum >> 8
                    return UInt8(sum & 255)
                }
                #expect(throws: WireError.self) { try scenario.decode(replaced(plusOrder)) }
            } else {
                for encoding in noPoints { #expect(isRefused(scenario, replaced(encoding)), "\(element.name)") }
                let identity = replaced([UInt8](repeating: 0, count: 32))
                if element.name == "row" {
                    #expect(throws: WireError.self) { try scenario.decode(identity) }
                } else {
                    #expect(isRefused(scenario, identity), "\(element.name)")
                }
            }
        }
    }

    /// Structured mutations of logins at `head` and `full` and of an enrolment.
    @Test func mutations() throws {
        let full = try FullScenario(.full)
        let head = try FullScenario(.head, fixture: full.fixture)
        let enrol = try FullScenario(.full, role: .enrol, samples: 2, fixture: full.fixture)
        try MutationRun(seed: 77).check(
            [try full.prove().encode(), try head.prove().encode(), try enrol.prove().encode()],
            decode: full.decode,
            isAccepted: { !isRefused(full, $0) }
        )
    }
}
