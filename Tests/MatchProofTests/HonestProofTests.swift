import Ristretto255
import Sodium
import Testing

@testable import Commitments
@testable import MatchProof

/// Every role, at several dimensions and sample counts, is accepted when everybody is honest.
@Suite struct HonestProofTests {
    @Test(arguments: [8, 100, 128, 129, 256, 512])
    func lifeCycle(dimension: Int) throws {
        var fixture = Fixture(dimension: dimension, seed: UInt64(dimension))
        let person = fixture.person()

        let enrolment = try fixture.challenge(.enrol, samples: 3)
        let enrolled = try fixture.prove(enrolment, (0..<3).map { _ in fixture.sample(of: person) })
        let template = try #require(enrolled.newTemplate)
        let registered = try fixture.verify(enrolled.envelope)
        #expect(registered.newTemplate == template.commitment)
        #expect(registered.verdict == .biometric)
        #expect(registered.sensorKey == fixture.sensor.publicKey.bytes)

        let login = try fixture.challenge(.authenticate, template: template.commitment)
        let proof = try fixture.prove(login, [fixture.sample(of: person)], template: template)
        #expect(proof.newTemplate == nil)
        let verified = try fixture.verify(proof.envelope, sensorKey: fixture.sensor.publicKey)
        #expect(verified.verdict == .biometric)
        #expect(verified.newTemplate == nil)

        let reblind = try fixture.challenge(.reblind, template: template.commitment)
        let reblinded = try fixture.prove(reblind, [fixture.sample(of: person)], template: template)
        let next = try #require(reblinded.newTemplate)
        #expect(next.commitment != template.commitment)
        #expect(next.values == template.values)
        #expect(try fixture.verify(reblinded.envelope).newTemplate == next.commitment)

        let refresh = try fixture.challenge(.refresh, template: next.commitment, samples: 2)
        let refreshed = try fixture.prove(refresh, (0..<2).map { _ in fixture.sample(of: person) }, template: next)
        let last = try #require(refreshed.newTemplate)
        #expect(try fixture.verify(refreshed.envelope).newTemplate == last.commitment)

        let again = try fixture.challenge(.authenticate, template: last.commitment)
        let final = try fixture.prove(again, [fixture.sample(of: person)], template: last)
        #expect(try fixture.verify(final.envelope).verdict == .biometric)
    }

    @Test(arguments: 1...MatchBounds.maximumSamples)
    func enrolment(samples: Int) throws {
        var fixture = Fixture(seed: 77)
        let person = fixture.person()
        let challenge = try fixture.challenge(.enrol, samples: samples)
        let output = try fixture.prove(challenge, (0..<samples).map { _ in fixture.sample(of: person) })
        #expect(try fixture.verify(output.envelope).newTemplate == output.newTemplate?.commitment)
        #expect(output.envelope.count <= ProofEnvelope.maximumByteCount)
    }

    /// attacks.md F12: the widths hold the largest values that can occur.
    @Test(arguments: [128, 256, 512])
    func extremeEntries(dimension: Int) throws {
        let fixture = Fixture(dimension: dimension)
        let maximal = [Int16](repeating: 127, count: dimension)
        let enrolment = try fixture.challenge(.enrol, samples: 5, threshold: 65535)
        let template = try #require(
            try fixture.prove(enrolment, Array(repeating: maximal, count: 5)).newTemplate
        )
        #expect(template.values == Array(repeating: 635, count: dimension))
        let login = try fixture.challenge(.authenticate, template: template.commitment, threshold: 65535)
        let proof = try fixture.prove(login, [maximal], template: template)
        #expect(try fixture.verify(proof.envelope).verdict == .biometric)
    }

    @Test func withoutSensorItIsPossession() throws {
        var fixture = Fixture()
        let person = fixture.person()
        let template = try fixture.enrol(person)
        let login = try fixture.challenge(.authenticate, template: template.commitment)
        let opening = try EmbeddingOpening(committing: fixture.sample(of: person))
        let output = try MatchProver().prove(
            login,
            samples: [.init(opening: opening, attestation: nil)],
            template: template
        )
        let verified = try fixture.verify(output.envelope, sensorKey: fixture.sensor.publicKey)
        #expect(verified.verdict == .possession)
        #expect(verified.sensorKey == nil)
    }

    @Test func anotherPersonIsNoMatch() throws {
        var fixture = Fixture()
        let template = try fixture.enrol(fixture.person())
        let login = try fixture.challenge(.authenticate, template: template.commitment)
        #expect(throws: ProverError.noMatch) {
            try fixture.prove(login, [fixture.person()], template: template)
        }
    }

    @Test func envelopeEncodingIsCanonical() throws {
        var fixture = Fixture()
        let person = fixture.person()
        let template = try fixture.enrol(person)
        let login = try fixture.challenge(.authenticate, template: template.commitment)
        let proof = try fixture.prove(login, [fixture.sample(of: person)], template: template)
        #expect(try ProofEnvelope(decoding: proof.envelope).encode() == proof.envelope)
    }
}
