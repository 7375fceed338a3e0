import Interfaces
import ServiceSupport
import Sodium
import Statement
import Testing

@testable import VerifierCore

@Suite struct DecoyTests {
    private func ask(
        _ bench: TestBench,
        _ subject: String,
        modality: String? = nil,
        label: String? = nil,
        from client: SigningKey = SigningKey()
    ) async throws -> Challenge {
        let bytes = try await bench.verifier.challenge(
            subject: subject,
            purpose: "login",
            modality: modality,
            label: label,
            for: TestBench.requester(client)
        )
        let signed = try SignedChallenge(decoding: bytes)
        #expect(signed.isSigned(by: bench.keys.signing.publicKey))
        return signed.challenge
    }

    @Test func anUnknownSubjectGetsTheSameDecoyEachTime() async throws {
        let bench = try TestBench()
        let first = try await ask(bench, "mallory")
        try bench.restart()
        let second = try await ask(bench, "mallory")
        #expect(first.template == second.template)
        #expect(first.epoch == second.epoch)
        #expect(first.modality == second.modality)
        #expect(first.nonce != second.nonce)
        #expect(try #require(first.template).decompress() != nil)
        let other = try await ask(bench, "mallory2")
        #expect(other.template != first.template)
        // Another verifier makes up another.
        let elsewhere = try await ask(try TestBench(), "mallory")
        #expect(elsewhere.template != first.template)
    }

    /// A further model moves some decoys, each to another commitment as an upgrade would; the rest stay as they were.
    @Test func aFurtherModelMovesDecoysOnlyAsUpgradesWould() async throws {
        let bench = try TestBench()
        let newest = try #require(
            AllowedModel(
                identity: Array(repeating: 0x6e, count: 32),
                modality: .face,
                dimension: 256,
                threshold: 21_000,
                minimumNorm: 5000
            )
        )
        func all() async throws -> [Challenge] {
            var challenges: [Challenge] = []
            for index in 0..<40 { challenges.append(try await ask(bench, "ghost \(index)", modality: "face")) }
            return challenges
        }
        let before = try await all()
        try bench.restart(policy: try Policy(models: [newest, try #require(TestBench.model)]))
        let after = try await all()
        for (old, new) in zip(before, after) {
            #expect((old.model == new.model) == (old.template == new.template))
            #expect(old.model != new.model || old.epoch == new.epoch)
        }
        let moved = zip(before, after).filter { $0.model != $1.model }.count
        #expect(moved > 5 && moved < 35)
    }

    /// Field by field, a decoy is what a fresh enrolment could have given.
    @Test func aDecoyHasTheShapeOfAnEnrolment() async throws {
        let bench = try TestBench()
        let device = SigningKey()
        let commitment = try await bench.enrol("alice", device: device)
        let known = try await ask(bench, "alice", modality: "face", label: "default", from: device)
        #expect(known.template == commitment)
        let decoy = try await ask(bench, "carol", modality: "face", label: "default")
        #expect(known.encode().count == decoy.encode().count)
        #expect(known.model == decoy.model)
        #expect(known.threshold == decoy.threshold)
        #expect(known.minimumNorm == decoy.minimumNorm)
        #expect(known.dimension == decoy.dimension)
        #expect(known.assurance == decoy.assurance)
        #expect(known.samples == decoy.samples)
        #expect(known.label == decoy.label)
        #expect(known.expiresAt == decoy.expiresAt)
        // Without a modality both kinds occur, and most decoys are in their first epoch but not all.
        var modalities: Set<Modality> = []
        var epochs: [UInt64] = []
        for index in 0..<256 {
            let challenge = try await ask(bench, "stranger \(index)")
            modalities.insert(challenge.modality)
            epochs.append(challenge.epoch)
        }
        #expect(modalities == [.face, .fingerprint])
        // Each with probability one half: 128 are expected, and eight standard deviations are 64.
        #expect(epochs.filter { $0 == 0 }.count > 64)
        #expect(epochs.contains { $0 > 0 })
        #expect(epochs.allSatisfy { $0 <= 7 })
    }

    /// What an enrolled subject does not have is answered like what nobody has.
    @Test func anUnknownLabelOfAKnownSubjectIsADecoyToo() async throws {
        let bench = try TestBench()
        try await bench.enrol("alice")
        let challenge = try await ask(bench, "alice", label: "left thumb")
        #expect(challenge.label == "left thumb")
        let rotation = try await bench.verifier.rotateChallenge(
            subject: "nobody",
            modality: "face",
            label: "default",
            kind: "reblind",
            samples: 1,
            for: .remote(clientKey: SigningKey().publicKey.bytes, address: "192.0.2.1")
        )
        #expect(try SignedChallenge(decoding: rotation).challenge.role == .reblind)
    }

    @Test func noProofEverLogsADecoyIn() async throws {
        let bench = try TestBench()
        let client = SigningKey()
        let bytes = try await bench.verifier.challenge(
            subject: "mallory",
            purpose: "login",
            for: .remote(clientKey: client.publicKey.bytes, address: "192.0.2.1")
        )
        let proof = try bench.proof(bytes)
        await #expect(throws: VerifierError.refused) {
            try await bench.verifier.verify(
                proof: proof,
                from: .remote(clientSignature: ClientSignature.sign(proof: proof, with: client), address: "192.0.2.1")
            )
        }
        #expect(try bench.refusals() == ["decoy"])
    }

    /// People type passwords where a name is asked for: what is not a name of ours is not written down.
    @Test func strangersNamesAreNotStored() async throws {
        let bench = try TestBench()
        try await bench.enrol("alice")
        let slip = "correct horse battery staple"
        let client = SigningKey()
        let bytes = try await bench.verifier.challenge(
            subject: slip,
            purpose: "login",
            for: .remote(clientKey: client.publicKey.bytes, address: "192.0.2.1")
        )
        let proof = try bench.proof(bytes, isValid: false)
        _ = try? await bench.verifier.verify(
            proof: proof,
            from: .remote(clientSignature: ClientSignature.sign(proof: proof, with: client), address: "192.0.2.1")
        )
        try bench.verifier.store.close()
        let file = try DatabaseBytes.read(bench.databasePath)
        #expect(!file.contains(Array(slip.utf8)))
        #expect(file.contains(Array("alice".utf8)))
    }

    @Test func remoteClientsEnrolAtTheAssuranceOfDecoysOnly() async throws {
        let model = try TestModels.allowed(TestModels.published())
        let bench = try TestBench(policy: try Policy(models: [model], assurance: .match))
        func ask(_ assurance: String?) async throws(VerifierError) {
            _ = try await bench.verifier.enrolChallenge(
                subject: "alice",
                modality: "face",
                label: "default",
                samples: 1,
                assurance: assurance,
                for: .remote(clientKey: SigningKey().publicKey.bytes, address: "192.0.2.1")
            )
        }
        await #expect(throws: VerifierError.badRequest) { try await ask("full") }
        // The next check: there is no token.
        await #expect(throws: VerifierError.notAuthorized) { try await ask("match") }
        await #expect(throws: VerifierError.notAuthorized) { try await ask(nil) }
    }
}
