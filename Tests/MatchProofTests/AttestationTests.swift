import Ristretto255
import Sodium
import Testing

@testable import Commitments
@testable import MatchProof
@testable import Statement

/// What a sensor signs, and what its signature is good for (attacks.md F2, F8).
@Suite struct AttestationTests {
    private func proof(_ scenario: Scenario, _ attestation: SensorAttestation?) throws -> [UInt8] {
        var attempt = scenario.attempt
        attempt.attestations = [attestation]
        return try attempt.prove().envelope.encode()
    }

    private func sign(
        _ scenario: Scenario,
        challenge: SignedChallenge? = nil,
        time: UInt64 = 1_700_000_010,
        rows: [CompressedRistretto]? = nil,
        with key: SigningKey? = nil
    ) -> SensorAttestation {
        SensorAttestation.sign(
            challenge: challenge ?? scenario.login,
            time: time,
            rows: rows ?? [scenario.sample.commitment],
            with: key ?? scenario.fixture.sensor
        )
    }

    @Test func signedForSomethingElse() throws {
        let scenario = try Scenario()
        let other = try scenario.fixture.challenge(.authenticate, template: scenario.template.commitment)
        let good = sign(scenario)
        #expect(try scenario.fixture.verify(proof(scenario, good)).verdict == .biometric)
        let row = scenario.sample.commitment
        let smallOrder = [1] + [UInt8](repeating: 0, count: 31)
        let wrong = [
            sign(scenario, challenge: other),
            sign(scenario, rows: [scenario.stranger.commitment]),
            sign(scenario, rows: []),
            sign(scenario, rows: [row, row]),
            SensorAttestation(publicKey: good.publicKey, time: good.time + 1, signature: good.signature),
            SensorAttestation(publicKey: SigningKey().publicKey.bytes, time: good.time, signature: good.signature),
            SensorAttestation(publicKey: smallOrder, time: good.time, signature: good.signature),
            SensorAttestation(publicKey: good.publicKey, time: good.time, signature: Array(repeating: 0, count: 64)),
        ]
        for attestation in wrong {
            #expect(throws: VerificationFailure.attestation(sample: 0)) {
                try scenario.fixture.verify(proof(scenario, attestation))
            }
        }
    }

    /// The signed message, built here from the text of attacks.md F8: as written it is valid, with any field changed,
    /// added, dropped or exchanged it is not. Above all a signed image or feature map is no signed embedding.
    @Test func everyFieldIsSigned() throws {
        let scenario = try Scenario()
        let row = scenario.sample.commitment.bytes
        let digest = Hash.sha256(Array("semblance challenge digest v1".utf8) + scenario.login.bytes)
        func integer<Value: FixedWidthInteger>(_ value: Value) -> [UInt8] {
            withUnsafeBytes(of: value.littleEndian) { Array($0) }
        }
        let fields: [[UInt8]] = [
            Array("semblance sensor v1".utf8), [1], [2], digest, integer(UInt64(1_700_000_010)), integer(UInt32(1)),
            integer(UInt32(128)), integer(UInt32(1)), integer(UInt32(1)), row,
        ]
        func isValid(_ fields: [[UInt8]]) -> Bool {
            SensorAttestation(
                publicKey: scenario.fixture.sensor.publicKey.bytes,
                time: 1_700_000_010,
                signature: scenario.fixture.sensor.sign(Array(fields.joined()))
            ).isValid(challenge: scenario.login, rows: [scenario.sample.commitment])
        }
        #expect(isValid(fields))
        for index in fields.indices {
            for bit in [0, fields[index].count * 8 - 1] {
                var changed = fields
                changed[index][bit / 8] ^= 1 << UInt8(bit % 8)
                #expect(!isValid(changed))
            }
            var dropped = fields
            dropped.remove(at: index)
            #expect(!isValid(dropped))
        }
        // Types head (2) and full (3).
        for type in [UInt8(2), 3] {
            var changed = fields
            changed[1] = [type]
            #expect(!isValid(changed))
        }
        #expect(!isValid(fields + [row]))
        #expect(!isValid(Array(fields.dropLast(2)) + [integer(UInt32(2)), row, row]))
    }

    @Test func clockTolerance() throws {
        let scenario = try Scenario()
        let tolerance = MatchVerifier().clockTolerance
        let challenge = scenario.login.challenge
        for (time, isAccepted) in [
            (challenge.issuedAt - tolerance, true), (challenge.issuedAt - tolerance - 1, false),
            (challenge.expiresAt + tolerance, true), (challenge.expiresAt + tolerance + 1, false), (0, false),
            (UInt64.max, false),
        ] {
            let bytes = try proof(scenario, sign(scenario, time: time))
            if isAccepted {
                #expect(try scenario.fixture.verify(bytes).verdict == .biometric)
            } else {
                #expect(throws: VerificationFailure.attestationTime(sample: 0)) { try scenario.fixture.verify(bytes) }
            }
        }
    }

    /// Times at the ends of the range make no trap.
    @Test(arguments: [(UInt64(0), UInt64(1)), (UInt64.max - 1, UInt64.max)])
    func extremeTimes(times: (UInt64, UInt64)) throws {
        let scenario = try Scenario {
            $0.issuedAt = times.0
            $0.expiresAt = times.1
        }
        let bytes = try proof(scenario, sign(scenario, time: times.0))
        #expect(try scenario.fixture.verify(bytes).verdict == .biometric)
    }

    @Test func sensorOfRecord() throws {
        let scenario = try Scenario()
        let other = SigningKey()
        let bytes = try proof(scenario, sign(scenario, with: other))
        #expect(throws: VerificationFailure.sensorKey) {
            try scenario.fixture.verify(bytes, sensorKey: scenario.fixture.sensor.publicKey)
        }
        // Without a key on record the caller is told which key signed, and decides.
        #expect(try scenario.fixture.verify(bytes).sensorKey == other.publicKey.bytes)
    }

    /// Whoever holds the opening of C_t sets e = t: without a sensor that is possession, never biometric.
    @Test func openingOfTheTemplateIsOnlyPossession() throws {
        let scenario = try Scenario()
        let copy = try EmbeddingOpening(committing: scenario.template.values.map { $0 / 3 })
        let stolen = Attempt(scenario.login, samples: [copy], template: scenario.template)
        #expect(try scenario.fixture.verify(stolen.prove().envelope.encode()).verdict == .possession)

        // The sensor has signed a real capture under this challenge; its signature does not cover the made-up row.
        var borrowed = stolen
        borrowed.attestations = [sign(scenario)]
        #expect(throws: VerificationFailure.attestation(sample: 0)) {
            try scenario.fixture.verify(borrowed.prove().envelope.encode())
        }
    }

    @Test func mixedAttestations() throws {
        var scenario = try Scenario(role: .enrol, samples: 2)
        let samples = [scenario.sample, try scenario.anotherSample()]
        let first = sign(scenario)
        let second = sign(scenario, rows: [samples[1].commitment])
        func verify(_ attestations: [SensorAttestation?]) throws -> VerifiedProof {
            var attempt = Attempt(scenario.login, samples: samples, template: nil)
            attempt.attestations = attestations
            return try scenario.fixture.verify(attempt.prove().envelope.encode())
        }
        #expect(try verify([first, second]).verdict == .biometric)
        #expect(throws: VerificationFailure.mixedAttestations) { try verify([first, nil]) }
        #expect(throws: VerificationFailure.mixedAttestations) { try verify([nil, second]) }
        let foreign = sign(scenario, rows: [samples[1].commitment], with: SigningKey())
        #expect(throws: VerificationFailure.mixedAttestations) { try verify([first, foreign]) }
        #expect(throws: VerificationFailure.attestation(sample: 0)) { try verify([second, first]) }
        #expect(throws: VerificationFailure.attestation(sample: 1)) { try verify([first, first]) }
    }
}
