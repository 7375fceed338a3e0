import Encoding
import Ristretto255
import Sodium
import Testing

@testable import Commitments
@testable import MatchProof
@testable import Statement

/// A proof answers one challenge. Here the verifier itself signs the changed challenge, so that only the proof's own
/// binding stands in the way.
@Suite struct StatementBindingTests {
    struct Change: Sendable, CustomTestStringConvertible {
        let name: String
        let apply: @Sendable (inout Challenge) -> Void
        var testDescription: String { name }

        init(_ name: String, _ apply: @escaping @Sendable (inout Challenge) -> Void) {
            self.name = name
            self.apply = apply
        }
    }

    static let changes = [
        Change("nonce") { $0.nonce[31] ^= 1 },
        Change("audience") { $0.audience = "verifier.tesu" },
        Change("purpose") { $0.purpose = "sudo" },
        Change("subject") { $0.subject = "alicf" },
        Change("label") { $0.label = "left-index" },
        Change("epoch") { $0.epoch += 1 },
        Change("client key") { $0.clientKey[0] = 1 },
        Change("model") { $0.model[7] ^= 0x80 },
        Change("threshold - 1") { $0.threshold -= 1 },
        Change("threshold + 1") { $0.threshold += 1 },
        Change("E_min + 1") { $0.minimumNorm += 1 },
        Change("role") { $0.role = .refresh },
        Change("modality") { $0.modality = .face },
        Change("issued") { $0.issuedAt -= 1 },
        Change("expiry") { $0.expiresAt += 1 },
        Change("dimension") { $0.dimension -= 1 },
        Change("template") {
            $0.template = (RistrettoPoint.generator + .generator).compress()
        },
    ]

    /// Bytes that are no point are refused where they are read, not only where a proof is held against them.
    @Test func aTemplateThatIsNoPointDoesNotDecode() throws {
        let scenario = try Scenario()
        let challenge = scenario.login.challenge
        let template = try #require(challenge.template?.bytes)
        let bytes = challenge.encode()
        let place = try #require(bytes.indices.first { bytes[$0...].starts(with: template) })
        #expect(try Challenge(decoding: bytes) == challenge)
        for wrong in [[UInt8](repeating: 0xFF, count: 32), [1] + [UInt8](repeating: 0, count: 31)] {
            var altered = bytes
            altered.replaceSubrange(place..<place + 32, with: wrong)
            #expect(throws: WireError.invalidPoint(field: .template)) { try Challenge(decoding: altered) }
        }
        let receipt = Receipt(
            role: .refresh,
            modality: challenge.modality,
            audience: challenge.audience,
            subject: challenge.subject,
            label: challenge.label,
            template: try #require(challenge.template),
            epoch: challenge.epoch,
            model: challenge.model,
            time: 1
        )
        var altered = receipt.encode()
        let there = try #require(altered.indices.first { altered[$0...].starts(with: template) })
        altered.replaceSubrange(there..<there + 32, with: [UInt8](repeating: 0xFF, count: 32))
        #expect(throws: WireError.invalidPoint(field: .template)) {
            var reader = WireReader(altered)
            _ = try Receipt(reading: &reader)
        }
    }

    @Test(arguments: changes)
    func isBound(change: Change) throws {
        let scenario = try Scenario()
        let proof = try scenario.attempt.prove().envelope
        #expect(try scenario.fixture.verify(proof.encode()).verdict == .possession)
        var statement = scenario.login.challenge
        change.apply(&statement)
        try statement.validate()
        #expect(statement != scenario.login.challenge)
        let signed = SignedChallenge(signing: statement, with: scenario.fixture.verifier)
        let moved = ProofEnvelope(challenge: signed, attestations: proof.attestations, body: proof.body)
        #expect(throws: VerificationFailure.equation) { try scenario.fixture.verify(moved.encode()) }
    }

    /// Every field of a challenge is among the changes above, but those that a shape or a signature fixes.
    @Test func everyFieldIsTried() throws {
        let fields = Mirror(reflecting: try Scenario().login.challenge).children.compactMap(\.label)
        // verifierKey: `signedByAnotherVerifier`; assurance and samples: another shape, `otherShapes`; previous:
        // `UpgradeTests.thePreviousModelIsBound`.
        #expect(fields.count == Self.changes.count - 1 + 4)
    }

    @Test func signedByAnotherVerifier() throws {
        let scenario = try Scenario()
        let proof = try scenario.attempt.prove().envelope
        let other = SigningKey()
        let signed = SignedChallenge(signing: scenario.login.challenge, with: other)
        let moved = ProofEnvelope(challenge: signed, attestations: proof.attestations, body: proof.body)
        for key in [scenario.fixture.verifier.publicKey, other.publicKey] {
            #expect(throws: VerificationFailure.challengeSignature) {
                try MatchVerifier().verify(moved, verifierKey: key, sensorKey: nil)
            }
        }
        var named = scenario.login.challenge
        named.verifierKey = other.publicKey.bytes
        let own = ProofEnvelope(
            challenge: SignedChallenge(signing: named, with: other),
            attestations: proof.attestations,
            body: proof.body
        )
        #expect(throws: VerificationFailure.equation) {
            try MatchVerifier().verify(own, verifierKey: other.publicKey, sensorKey: nil)
        }
    }

    /// The same signature is not given twice: a second signature of the same challenge is another challenge.
    @Test func unsigned() throws {
        let scenario = try Scenario()
        let proof = try scenario.attempt.prove().envelope
        let unsigned = try SignedChallenge(
            decoding: scenario.login.challenge.encode() + Array(repeating: 0, count: 64)
        )
        let moved = ProofEnvelope(challenge: unsigned, attestations: proof.attestations, body: proof.body)
        #expect(throws: VerificationFailure.challengeSignature) { try scenario.fixture.verify(moved.encode()) }
    }

    /// Challenges of another shape make the envelope unreadable: its length follows from the challenge.
    @Test func otherShapes() throws {
        let scenario = try Scenario()
        let proof = try scenario.attempt.prove().envelope
        let changes: [(inout Challenge) -> Void] = [
            { $0.role = .reblind },
            {
                $0.role = .enrol
                $0.template = nil
                $0.epoch = 0
            },
            {
                $0.role = .refresh
                $0.samples = 2
            },
            {
                $0.dimension = 256
                $0.minimumNorm = 2560
            },
            { $0.assurance = .head },
            { $0.assurance = .full },
        ]
        for change in changes {
            var statement = scenario.login.challenge
            change(&statement)
            try statement.validate()
            let signed = SignedChallenge(signing: statement, with: scenario.fixture.verifier)
            let moved = ProofEnvelope(challenge: signed, attestations: proof.attestations, body: proof.body)
            #expect(throws: WireError.self) { try ProofEnvelope(decoding: moved.encode()) }
        }
    }

    /// An enrolment's proof does not enrol anybody else, nor at a lower number of samples.
    @Test func enrolmentForAnother() throws {
        var scenario = try Scenario(role: .enrol, samples: 2)
        let samples = [scenario.sample, try scenario.anotherSample()]
        let proof = try Attempt(scenario.login, samples: samples, template: nil).prove().envelope
        #expect(try scenario.fixture.verify(proof.encode()).newTemplate != nil)
        var statement = scenario.login.challenge
        statement.subject = "mallory"
        let signed = SignedChallenge(signing: statement, with: scenario.fixture.verifier)
        let moved = ProofEnvelope(challenge: signed, attestations: proof.attestations, body: proof.body)
        #expect(throws: VerificationFailure.equation) { try scenario.fixture.verify(moved.encode()) }
    }

    /// Names that could be shown as another name are no names (attacks.md F7: consent shows audience and purpose).
    @Test(arguments: ["", "a\u{0}b", "a\nb", "ali\u{202e}ce", "ali\u{200b}ce", "\u{2066}x", "a\u{2028}b", "\u{e000}"])
    func deceptiveNames(name: String) throws {
        let scenario = try Scenario()
        for path in [\Challenge.audience, \Challenge.purpose, \Challenge.subject, \Challenge.label] {
            var statement = scenario.login.challenge
            statement[keyPath: path] = name
            #expect(throws: WireError.self) { try statement.validate() }
            #expect(throws: WireError.self) { try Challenge(decoding: statement.encode()) }
        }
    }

    @Test func outOfRangeFields() throws {
        let scenario = try Scenario()
        let changes: [(WireError, (inout Challenge) -> Void)] = [
            (.outOfRange(field: .threshold), { $0.threshold = 0 }),
            (.outOfRange(field: .minimumNorm), { $0.minimumNorm = 1279 }),
            (.outOfRange(field: .minimumNorm), { $0.minimumNorm = 128 * 127 * 127 + 1 }),
            (.outOfRange(field: .minimumNorm), { $0.minimumNorm = .max }),
            (.outOfRange(field: .dimension), { $0.dimension = 7 }),
            (.outOfRange(field: .dimension), { $0.dimension = 513 }),
            (.outOfRange(field: .samples), { $0.samples = 0 }),
            (.outOfRange(field: .samples), { $0.samples = 2 }),
            (.outOfRange(field: .template), { $0.template = nil }),
            (.outOfRange(field: .template), { $0.role = .enrol }),
            (.outOfRange(field: .expiresAt), { $0.expiresAt = $0.issuedAt }),
        ]
        for (error, change) in changes {
            var statement = scenario.login.challenge
            change(&statement)
            #expect(throws: error) { try statement.validate() }
            #expect(throws: error) { try Challenge(decoding: statement.encode()) }
        }
    }
}
