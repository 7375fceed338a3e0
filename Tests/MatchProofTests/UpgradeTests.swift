import Models
import Multilinear
import Ristretto255
import Sodium
import Testing

@testable import Commitments
@testable import MatchProof
@testable import Statement

/// Rotation to another model (attacks.md F19): the same captures match the old template under the old model, and one
/// another under the new one.
@Suite struct UpgradeTests {
    private static let previous = PreviousModel(
        identity: Array(repeating: 9, count: 32),
        dimension: 96,
        threshold: 32768,
        minimumNorm: 960
    )

    /// A template of 96 dimensions, to be replaced by one of 128.
    private struct Scene {
        var old = Fixture(dimension: 96, seed: 21)
        var new = Fixture(dimension: 128, seed: 22)
        let oldPerson: [Int16]
        let newPerson: [Int16]
        let template: TemplateOpening
        let challenge: SignedChallenge
        /// Attested.
        var samples: [CommittedSample] = []
        var previous: [CommittedSample] = []

        init(samples count: Int = 2) throws {
            oldPerson = old.person()
            newPerson = new.person()
            let enrolled = try EmbeddingOpening(committing: oldPerson)
            template = try TemplateOpening(summing: [enrolled])
            challenge = try new.challenge(
                .upgrade,
                template: template.commitment,
                samples: count,
                previous: UpgradeTests.previous
            )
            for _ in 0..<count { try capture() }
        }

        /// Adds a capture, by default of the person, under both models.
        mutating func capture(old oldValues: [Int16]? = nil, new newValues: [Int16]? = nil) throws {
            let before = try EmbeddingOpening(committing: oldValues ?? old.sample(of: oldPerson))
            let after = try EmbeddingOpening(committing: newValues ?? new.sample(of: newPerson))
            let attestation = attest([after.commitment], [before.commitment])
            samples.append(CommittedSample(opening: after, attestation: attestation))
            previous.append(CommittedSample(opening: before, attestation: nil))
        }

        func attest(_ rows: [CompressedRistretto]...) -> SensorAttestation {
            SensorAttestation.sign(
                challenge: challenge,
                time: 1_700_000_010,
                blocks: zip(rows, [128, 96]).map {
                    SensorAttestation.Block(shape: TensorShape(channels: 1, height: 1, width: $1), rows: $0)
                },
                with: new.sensor
            )
        }

        func prove() throws -> MatchProver.Output {
            try MatchProver().prove(
                challenge,
                samples: samples,
                template: template,
                previous: MatchProver.Previous(samples: previous, model: nil)
            )
        }

        func verify(_ envelope: ProofEnvelope) throws -> VerifiedProof {
            try MatchVerifier().verify(envelope, verifierKey: new.verifier.publicKey, sensorKey: new.sensor.publicKey)
        }
    }

    @Test(arguments: [1, 3])
    func isAcceptedAndYieldsTheNewModelsTemplate(samples: Int) throws {
        let scene = try Scene(samples: samples)
        let output = try scene.prove()
        let envelope = try ProofEnvelope(decoding: output.envelope)
        #expect(envelope.encode() == output.envelope)
        let verified = try scene.verify(envelope)
        #expect(verified.verdict == .biometric)
        #expect(verified.newTemplate == output.newTemplate?.commitment)
        #expect(output.newTemplate?.values.count == 128)
    }

    @Test func challengeRoundTrips() throws {
        let challenge = try Scene().challenge
        #expect(try SignedChallenge(decoding: challenge.bytes).challenge.previous == Self.previous)
        #expect(throws: WireError.self) { try SignedChallenge(decoding: challenge.bytes.dropLast()) }
    }

    @Test func needsAPreviousModelExactlyForAnUpgrade() throws {
        let fixture = Fixture()
        let template = TestPoints.point
        #expect(throws: WireError.outOfRange(field: .model)) { try fixture.challenge(.upgrade, template: template) }
        #expect(throws: WireError.outOfRange(field: .model)) {
            try fixture.challenge(.refresh, template: template, previous: Self.previous)
        }
        var same = Self.previous
        same.identity = Array(repeating: 7, count: 32)
        #expect(throws: WireError.outOfRange(field: .model)) {
            try fixture.challenge(.upgrade, template: template, previous: same)
        }
    }

    /// Somebody else's captures, or the person's mixed with somebody else's, are refused by the prover.
    @Test func otherPeopleAreRefused() throws {
        var strangers = try Scene(samples: 2)
        strangers.previous.removeLast()
        strangers.samples.removeLast()
        try strangers.capture(old: strangers.old.person())
        #expect(throws: ProverError.noMatch) { try strangers.prove() }
        var morph = try Scene(samples: 2)
        morph.previous.removeLast()
        morph.samples.removeLast()
        try morph.capture(new: morph.new.person())
        #expect(throws: ProverError.noMatch) { try morph.prove() }
    }

    /// Parts of two valid upgrades do not combine, signed or not.
    @Test(arguments: [true, false])
    func partsOfTwoProofsDoNotMix(isAttested: Bool) throws {
        var scene = try Scene()
        if !isAttested {
            scene.samples = scene.samples.map { CommittedSample(opening: $0.opening, attestation: nil) }
        }
        var other = scene
        other.samples = []
        other.previous = []
        for _ in 0..<2 { try other.capture() }
        if !isAttested {
            other.samples = other.samples.map { CommittedSample(opening: $0.opening, attestation: nil) }
        }
        let one = try ProofEnvelope(decoding: try scene.prove().envelope)
        let two = try ProofEnvelope(decoding: try other.prove().envelope)
        _ = try scene.verify(one)
        for attestations in [one.attestations, two.attestations] {
            for parts in [[one.parts[0], two.parts[1]], [two.parts[0], one.parts[1]]] {
                let mixed = ProofEnvelope(challenge: scene.challenge, attestations: attestations, parts: parts)
                #expect(throws: VerificationFailure.self) { try scene.verify(mixed) }
            }
        }
    }

    /// The verifier itself signs another previous model, and only the proof's own binding stands in the way.
    @Test func thePreviousModelIsBound() throws {
        let scene = try Scene(samples: 1)
        let honest = try ProofEnvelope(decoding: try scene.prove().envelope)
        let changes: [(inout PreviousModel) -> Void] = [
            { $0.identity[5] ^= 1 }, { $0.dimension -= 1 }, { $0.threshold -= 1 }, { $0.minimumNorm += 1 },
        ]
        for change in changes {
            var statement = scene.challenge.challenge
            var previous = try #require(statement.previous)
            change(&previous)
            statement.previous = previous
            try statement.validate()
            let signed = SignedChallenge(signing: statement, with: scene.new.verifier)
            let moved = ProofEnvelope(challenge: signed, attestations: [nil], parts: honest.parts)
            #expect(throws: VerificationFailure.equation) { try scene.verify(ProofEnvelope(decoding: moved.encode())) }
        }
    }

    /// What `part` is absorbed for: without it, the unsigned parts of two upgrades by one prover combine.
    @Test func partIsAbsorbedForAReason() throws {
        var scenes = [try Scene(samples: 1)]
        scenes.append(scenes[0])
        (scenes[1].samples, scenes[1].previous) = ([], [])
        try scenes[1].capture()
        for labels in [[], [ProofLabel.part]] as [Set<ProofLabel>] {
            let mutant = Mutant(labels: labels)
            let challenge = scenes[0].challenge
            let digests = scenes.map { scene in
                ProofEnvelope.partDigest([scene.samples, scene.previous].map { $0.map(\.opening.commitment) })
            }
            func part(_ part: StatementPart, of index: Int) throws -> EnvelopePart {
                let scene = scenes[index]
                let samples = part == .previous ? scene.previous : scene.samples
                let attempt = Attempt(
                    challenge,
                    part: part,
                    partDigest: digests[index],
                    samples: samples.map(\.opening),
                    template: part == .previous ? scenes[0].template : nil
                )
                return try attempt.prove(on: mutant).envelope.parts[0]
            }
            func isAccepted(_ parts: [EnvelopePart]) throws -> Bool {
                let envelope = ProofEnvelope(challenge: challenge, attestations: [nil], parts: parts)
                return [0, 1].allSatisfy { mutant.holds(envelope, part: $0) }
            }
            #expect(try isAccepted([part(.upgraded, of: 0), part(.previous, of: 0)]))
            #expect(try isAccepted([part(.upgraded, of: 0), part(.previous, of: 1)]) == labels.contains(.part))
        }
    }

    /// One signature covers both blocks of a capture, in order.
    @Test func attestationCoversBothBlocks() throws {
        let scene = try Scene()
        let rows = zip(scene.samples, scene.previous).map { ($0.opening.commitment, $1.opening.commitment) }
        let forgeries: [(Int) -> SensorAttestation] = [
            { scene.attest([rows[$0].1], [rows[$0].0]) },
            { scene.attest([rows[$0].0], [rows[1 - $0].1]) },
            { scene.attest([rows[$0].0]) },
            { scene.attest([rows[$0].0, rows[$0].1]) },
        ]
        for forge in forgeries {
            var forged = scene
            forged.samples = scene.samples.enumerated().map {
                CommittedSample(opening: $1.opening, attestation: forge($0))
            }
            let envelope = try ProofEnvelope(decoding: try forged.prove().envelope)
            #expect(throws: VerificationFailure.attestation(sample: 0)) { try scene.verify(envelope) }
        }
    }

    /// A refresh's proof is no upgrade, and every byte counts.
    @Test func changedBytesAreRefused() throws {
        let scene = try Scene(samples: 1)
        let bytes = try scene.prove().envelope
        for position in stride(from: 0, to: bytes.count, by: 211) {
            var changed = bytes
            changed[position] ^= 1
            guard let envelope = try? ProofEnvelope(decoding: changed) else { continue }
            #expect(throws: VerificationFailure.self) { try scene.verify(envelope) }
        }
        #expect(throws: WireError.truncated) { try ProofEnvelope(decoding: bytes.dropLast()) }
        #expect(throws: WireError.trailingBytes) { try ProofEnvelope(decoding: bytes + [0]) }
    }
}

private enum TestPoints {
    static let point = (try? EmbeddingOpening(committing: Array(repeating: 1, count: 128)))?.commitment
}
