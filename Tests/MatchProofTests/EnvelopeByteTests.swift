import Ristretto255
import Testing

@testable import Commitments
@testable import MatchProof
@testable import Statement

/// No byte of an envelope is free, none can be added or taken away.
@Suite struct EnvelopeByteTests {
    /// An attested login.
    private func login() throws -> (scenario: Scenario, envelope: ProofEnvelope) {
        let scenario = try Scenario()
        let output = try MatchProver().prove(
            scenario.login,
            samples: [scenario.fixture.attest(scenario.sample, scenario.login)],
            template: scenario.template
        )
        return (scenario, try ProofEnvelope(decoding: output.envelope))
    }

    /// Whether the verifier refuses, decided by the first thing that does: the form, a signature, one of the group
    /// equations. (The verifier adds them up under random weights; one that fails suffices.)
    private func isRefused(_ bytes: [UInt8], _ scenario: Scenario) throws -> Bool {
        guard let envelope = try? ProofEnvelope(decoding: bytes),
            envelope.challenge.isSigned(by: scenario.fixture.verifier.publicKey),
            envelope.attestations[0]?.isValid(challenge: envelope.challenge, rows: envelope.embeddingRows) == true,
            let equations = try? MatchVerifier.equations(envelope)
        else { return true }
        guard equations.argument.opening.holds else { return true }
        return (try? scenario.fixture.verify(bytes)) == nil
    }

    @Test func everyByteMatters() throws {
        let (scenario, envelope) = try login()
        let bytes = envelope.encode()
        #expect(try !isRefused(bytes, scenario))
        let layout = EnvelopeLayout(envelope)
        var maskedScalars: Set<Int> = []
        for element in layout.elements where element.name == "masked scalar" {
            maskedScalars.formUnion(element.offset..<element.offset + 32)
        }
        var accepted: [Int] = []
        for position in bytes.indices {
            var changed = bytes
            changed[position] ^= UInt8(truncatingIfNeeded: 1 << (position % 8))
            let refused =
                maskedScalars.contains(position)
                ? try isRefusedByOpening(changed) : try isRefused(changed, scenario)
            if !refused { accepted.append(position) }
        }
        #expect(accepted.isEmpty)
    }

    /// The masked scalars are three quarters of the bytes; a change of one moves every later challenge, which the
    /// opening's equation alone, the cheapest, must notice.
    private func isRefusedByOpening(_ bytes: [UInt8]) throws -> Bool {
        guard let envelope = try? ProofEnvelope(decoding: bytes) else { return true }
        return try Replay(envelope).openingEquation(envelope)?.holds != true
    }

    /// The whole verifier on one change of every element.
    @Test func everyElementMatters() throws {
        let (scenario, envelope) = try login()
        let layout = EnvelopeLayout(envelope)
        #expect(layout.elements.last.map { $0.offset + 32 } == layout.bytes.count)
        for element in layout.elements {
            let old = layout.element(element)
            let new: [UInt8]
            switch element.kind {
            case .scalar: new = (try #require(Scalar(canonicalBytes: old)) + .one).bytes
            case .point:
                let point = try #require(CompressedRistretto(old)?.decompress())
                new = (point + .generator).compress().bytes
            }
            #expect(throws: VerificationFailure.self, "\(element.name)") {
                try scenario.fixture.verify(layout.replacing(element, by: new))
            }
        }
    }

    @Test func everyTruncationAndEveryTail() throws {
        let (_, envelope) = try login()
        let bytes = envelope.encode()
        for count in 0..<bytes.count {
            #expect(throws: WireError.self) { try ProofEnvelope(decoding: bytes.prefix(count)) }
        }
        for tail in [[0], [0xff], Array(repeating: 0, count: 32), bytes] as [[UInt8]] {
            #expect(throws: WireError.trailingBytes) { try ProofEnvelope(decoding: bytes + tail) }
        }
        #expect(throws: WireError.trailingBytes) {
            try ProofEnvelope(decoding: bytes + Array(repeating: 0, count: ProofEnvelope.maximumByteCount))
        }
    }

    /// Every byte of a challenge and of a receipt, attestation or opening decodes to another value or not at all.
    @Test func encodingsAreInjective() throws {
        let scenario = try Scenario()
        let attestation = try #require(scenario.fixture.attest(scenario.sample, scenario.login).attestation)
        func check<Value>(_ bytes: [UInt8], _ decode: ([UInt8]) throws -> Value, _ encode: (Value) -> [UInt8]) throws {
            #expect(encode(try decode(bytes)) == bytes)
            for position in bytes.indices {
                var changed = bytes
                changed[position] ^= 1 << UInt8(position % 8)
                if let value = try? decode(changed) { #expect(encode(value) == changed) }
                #expect(throws: WireError.self) { try decode(Array(bytes.prefix(position))) }
            }
            #expect(throws: WireError.trailingBytes) { try decode(bytes + [0]) }
        }
        try check(scenario.login.challenge.encode(), { try Challenge(decoding: $0) }, { $0.encode() })
        try check(scenario.login.bytes, { try SignedChallenge(decoding: $0) }, { $0.bytes })
        try check(attestation.encode(), { try SensorAttestation(decoding: $0) }, { $0.encode() })
        try check(scenario.sample.encode(), { try EmbeddingOpening(decoding: $0) }, { $0.encode() })
        try check(scenario.template.encode(), { try TemplateOpening(decoding: $0) }, { $0.encode() })
    }

    /// A challenge with one byte changed is not the one that the verifier signed.
    @Test func everyByteOfTheChallengeIsSigned() throws {
        let scenario = try Scenario()
        let bytes = scenario.login.bytes
        for position in bytes.indices {
            var changed = bytes
            changed[position] ^= 1 << UInt8(position % 8)
            let decoded = try? SignedChallenge(decoding: changed)
            #expect(decoded?.isSigned(by: scenario.fixture.verifier.publicKey) != true)
        }
    }

    /// s + l is refused for every scalar, and so are the encodings of no point for every point.
    @Test func onlyCanonicalElements() throws {
        let (scenario, envelope) = try login()
        let layout = EnvelopeLayout(envelope)
        // 2^255 - 19 and the one after it (not reduced); 1 (negative); 2 (no point); all ones; the sign bit set.
        var prime = [UInt8](repeating: 0xff, count: 32)
        prime[0] = 0xed
        prime[31] = 0x7f
        var beyond = prime
        beyond[0] += 2
        let noPoints: [[UInt8]] = [
            prime, beyond, [1] + Array(repeating: 0, count: 31), [2] + Array(repeating: 0, count: 31),
            Array(repeating: 0xff, count: 32), Array(repeating: 0, count: 31) + [0x80],
        ]
        for encoding in noPoints { #expect(CompressedRistretto(encoding)?.decompress() == nil) }
        for element in layout.elements {
            switch element.kind {
            case .scalar:
                let changed = layout.replacing(element, by: Self.addingOrder(layout.element(element)))
                #expect(throws: WireError.self) { try ProofEnvelope(decoding: changed) }
            case .point:
                for encoding in noPoints {
                    let changed = layout.replacing(element, by: encoding)
                    #expect(try isRefused(changed, scenario), "\(element.name)")
                }
            }
        }
    }

    /// The identity, where a point is expected.
    @Test func identityPoints() throws {
        let (scenario, envelope) = try login()
        let layout = EnvelopeLayout(envelope)
        let identity = CompressedRistretto.identity.bytes
        let named: [String: WireError.Field] = ["embedding row": .embeddingRow, "multiplicity row": .multiplicityRow]
        for element in layout.elements where element.kind == .point {
            let changed = layout.replacing(element, by: identity)
            if let field = named[element.name] {
                #expect(throws: WireError.identityPoint(field: field)) { try ProofEnvelope(decoding: changed) }
            } else {
                #expect(try isRefused(changed, scenario), "\(element.name)")
            }
        }
    }

    /// s + l in 32 bytes.
    private static func addingOrder(_ scalar: [UInt8]) -> [UInt8] {
        var carry = 1
        return zip(scalar, (-Scalar.one).bytes).map { a, b in
            let sum = Int(a) + Int(b) + carry
            carry = sum >> 8
            return UInt8(sum & 255)
        }
    }
}
