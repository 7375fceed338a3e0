import Models
import Ristretto255
import Sodium
import Testing

@testable import Commitments
@testable import MatchProof
@testable import ProofTestSupport
@testable import Statement

/// An upgrade at `head` and `full`: both parts prove their own network on the same signed captures.
@Suite struct FullUpgradeTests {
    /// Another network than ``FullScenario/network``, on images of another size.
    private static let network = RandomNetwork(
        input: TensorShape(channels: 1, height: 4, width: 7),
        plans: [
            RandomNetwork.Plan(sources: [[BlockSource(block: 0)]], channels: 2, table: 1),
            RandomNetwork.Plan(sources: [[BlockSource(block: 1)]], channels: 12, kernel: (4, 7), pad: (0, 0), table: 2),
        ],
        headStart: 1,
        seed: 12
    )

    private struct Scene {
        let assurance: Assurance
        let fixture = Fixture(dimension: 12)
        let old: ProvingModel
        let new: ProvingModel
        let template: TemplateOpening
        let challenge: SignedChallenge
        let traces: [NetworkTraceValues]
        var samples: [CommittedSample] = []
        var previous: [CommittedSample] = []

        var start: Int { assurance == .full ? 0 : 1 }

        /// Whether one committed image goes through both networks.
        let sharesStart: Bool

        init(
            _ assurance: Assurance,
            samples count: Int = 1,
            network: RandomNetwork = FullUpgradeTests.network,
            sharesStart: Bool = false
        ) throws {
            self.assurance = assurance
            self.sharesStart = sharesStart
            old = try #require(FullScenario.model)
            new = try #require(FullScenario.makeModel(network, name: "newer"))
            traces = [network, FullScenario.network].map { $0.trace($0.randomInput(seed: 3)) }
            let enrolled = try EmbeddingOpening(committing: traces[1].blocks.last ?? [])
            template = try TemplateOpening(summing: [enrolled])
            let identity = new.published.identity
            challenge = try fixture.challenge(
                .upgrade,
                template: template.commitment,
                samples: count,
                previous: PreviousModel(
                    identity: old.published.identity,
                    dimension: 9,
                    threshold: 32768,
                    minimumNorm: 90
                )
            ) {
                $0.assurance = assurance
                $0.model = identity
            }
            for _ in 0..<count { try capture() }
        }

        mutating func capture() throws {
            var starts = try zip(traces, [new, old]).map { trace, model in
                try StartOpening(
                    committing: trace.blocks[start],
                    description: model.published.description,
                    start: start
                )
            }
            if sharesStart { starts[1] = starts[0] }
            let attestation = attest(starts.map(\.commitments))
            let made = try zip(traces, starts).map { trace, start in
                CommittedSample(
                    opening: try EmbeddingOpening(committing: trace.blocks.last ?? []),
                    attestation: attestation,
                    network: NetworkEvidence(start: start, trace: trace)
                )
            }
            samples.append(made[0])
            previous.append(made[1])
        }

        func attest(_ rows: [[CompressedRistretto]]) -> SensorAttestation {
            SensorAttestation.sign(
                challenge: challenge,
                time: 1_700_000_010,
                blocks: zip(rows, [new, old]).map { rows, model in
                    SensorAttestation.Block(shape: model.published.description.shape(ofBlock: start), rows: rows)
                },
                with: fixture.sensor
            )
        }

        func prove() throws -> ProofEnvelope {
            let output = try MatchProver().prove(
                challenge,
                samples: samples,
                template: template,
                model: new,
                previous: MatchProver.Previous(samples: previous, model: old)
            )
            return try decode(output.envelope)
        }

        func decode(_ bytes: [UInt8]) throws -> ProofEnvelope {
            try ProofEnvelope(decoding: bytes) { identity in
                [new, old].map(\.published).first { $0.identity == identity }
            }
        }

        func verify(_ envelope: ProofEnvelope) throws -> VerifiedProof {
            try MatchVerifier().verify(
                try decode(envelope.encode()),
                verifierKey: fixture.verifier.publicKey,
                sensorKey: fixture.sensor.publicKey
            )
        }
    }

    @Test(arguments: [Assurance.head, .full], [1, 2])
    func isAccepted(assurance: Assurance, samples: Int) throws {
        let scene = try Scene(assurance, samples: samples)
        let verified = try scene.verify(try scene.prove())
        #expect(verified.verdict == .biometric)
        var sum = RistrettoPoint.identity
        for sample in scene.samples { sum = sum + (try #require(sample.opening.commitment.decompress())) }
        #expect(verified.newTemplate == sum.compress())
    }

    /// Structured mutations of upgrades with one and two captures at `full` and with one at `head`.
    @Test func mutations() throws {
        let scene = try Scene(.full)
        let scenes = [scene, try Scene(.head), try Scene(.full, samples: 2)]
        try MutationRun(seed: 78).check(
            try scenes.map { try $0.prove().encode() },
            decode: scene.decode,
            isAccepted: { (try? scene.verify(scene.decode($0))) != nil }
        )
    }

    /// Both models must be registered, by the identities that the challenge names.
    @Test func bothModelsAreLookedUp() throws {
        let scene = try Scene(.full)
        let bytes = try scene.prove().encode()
        for only in [scene.new, scene.old] {
            #expect(throws: WireError.unknownValue(field: .model)) {
                try ProofEnvelope(decoding: bytes) { $0 == only.published.identity ? only.published : nil }
            }
            #expect(throws: WireError.outOfRange(field: .model)) {
                try ProofEnvelope(decoding: bytes) { _ in only.published }
            }
        }
    }

    /// Any element of either part that is taken from another valid proof of the same challenge is noticed.
    @Test(arguments: [Assurance.head, .full])
    func partsAndNetworkProofsOfTwoProofsDoNotMix(assurance: Assurance) throws {
        var scene = try Scene(assurance)
        let one = try scene.prove()
        (scene.samples, scene.previous) = ([], [])
        try scene.capture()
        let two = try scene.prove()
        _ = try scene.verify(two)
        for index in [0, 1] {
            var mixed = one
            mixed.parts[index] = two.parts[index]
            #expect(throws: VerificationFailure.attestation(sample: 0)) { try scene.verify(mixed) }
            mixed = one
            mixed.parts[index].networkProofs = two.parts[index].networkProofs
            #expect(throws: VerificationFailure.attestation(sample: 0)) { try scene.verify(mixed) }
            mixed = one
            mixed.parts[index].body = two.parts[index].body
            #expect(throws: VerificationFailure.self) { try scene.verify(mixed) }
        }
    }

    /// Networks that take the same input must start from the same rows, whoever signs.
    @Test(arguments: [true, false])
    func oneImageGoesThroughBothNetworks(isShared: Bool) throws {
        let plan = RandomNetwork.Plan(
            sources: [[BlockSource(block: 0)]],
            channels: 12,
            kernel: (6, 5),
            pad: (0, 0),
            table: 2
        )
        let network = RandomNetwork(input: FullScenario.network.description.input, plans: [plan], seed: 13)
        let scene = try Scene(.full, network: network, sharesStart: isShared)
        #expect(scene.new.published.sharesStart(with: scene.old.published, at: .full))
        #expect(!scene.new.published.sharesStart(with: scene.old.published, at: .head))
        let envelope = try scene.prove()
        if isShared {
            #expect(try scene.verify(envelope).verdict == .biometric)
        } else {
            #expect(throws: VerificationFailure.differentStarts(sample: 0)) { try scene.verify(envelope) }
        }
    }

    /// Signed correctly, but for a run on another image: the parts' own proofs stand between.
    @Test func aBlockOfAnotherImageIsRefused() throws {
        var scene = try Scene(.full)
        let trace = FullScenario.network.trace(FullScenario.network.randomInput(seed: 4))
        let other = try StartOpening(
            committing: trace.blocks[0],
            description: FullScenario.network.description,
            start: 0
        )
        let honest = scene.samples[0].network?.start.commitments ?? []
        let attestation = scene.attest([honest, other.commitments])
        let sample = scene.samples[0]
        scene.samples[0] = CommittedSample(
            opening: sample.opening,
            attestation: attestation,
            network: sample.network
        )
        // The embedding of the enrolled image, the rows of the other.
        scene.previous[0] = CommittedSample(
            opening: scene.previous[0].opening,
            attestation: attestation,
            network: NetworkEvidence(start: other, trace: scene.traces[1])
        )
        if let envelope = try? scene.prove() {
            #expect(throws: VerificationFailure.self) { try scene.verify(envelope) }
        }
    }

    @Test func changedBytesAreRefused() throws {
        let scene = try Scene(.full)
        let bytes = try scene.prove().encode()
        for position in stride(from: 3, to: bytes.count, by: 1999) {
            var changed = bytes
            changed[position] ^= 1
            guard let envelope = try? scene.decode(changed) else { continue }
            #expect(throws: VerificationFailure.self) { try scene.verify(envelope) }
        }
        #expect(throws: WireError.truncated) { try scene.decode(Array(bytes.dropLast())) }
        #expect(throws: WireError.trailingBytes) { try scene.decode(bytes + [0]) }
    }
}
