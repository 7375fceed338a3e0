import Interfaces
import Ristretto255
import ServiceSupport
import Sodium
import Statement
import Testing

@testable import VerifierCore

@Suite struct EnrolmentTests {
    private let connection = ConnectionIdentity()
    private var root: Requester { .local(connection: connection, uid: 0) }
    private var submitter: Submitter { .local(connection: connection, uid: 0) }

    private func challenge(
        _ bench: TestBench,
        _ subject: String = "alice",
        label: String = "default",
        as requester: Requester? = nil
    ) async throws(VerifierError) -> [UInt8] {
        try await bench.verifier.enrolChallenge(
            subject: subject,
            modality: "face",
            label: label,
            samples: 3,
            assurance: "match",
            for: requester ?? root
        )
    }

    @Test func aReceiptNamesWhatWasRecorded() async throws {
        let bench = try TestBench()
        let bytes = try await challenge(bench)
        let issued = try SignedChallenge(decoding: bytes).challenge
        #expect(issued.role == .enrol)
        #expect(issued.template == nil)
        #expect(issued.samples == 3)
        #expect(issued.expiresAt - issued.issuedAt == 180)
        let commitment = TestBench.randomCommitment()
        let receiptBytes = try await bench.verifier.register(
            proof: try bench.proof(bytes, newTemplate: commitment),
            from: submitter
        )
        let signed = try SignedReceipt(decoding: receiptBytes)
        #expect(signed.isSigned(by: bench.keys.signing.publicKey))
        #expect(signed.receipt.role == .enrol)
        #expect(signed.receipt.template == commitment)
        #expect(signed.receipt.epoch == 0)
        #expect(signed.receipt.subject == "alice")
        #expect(signed.receipt.label == "default")
        #expect(signed.receipt.audience == "verifier.test")
        #expect(signed.receipt.model == issued.model)
        let list = try await bench.verifier.list(subject: "alice", for: root)
        #expect(list.count == 1)
        #expect(list.first?.state == "active")
        #expect(list.first?.assurance == "match")
        #expect(list.first?.created == issued.issuedAt)
    }

    @Test func aLostReceiptIsFetchedAgainByTheSameProof() async throws {
        let bench = try TestBench()
        let bytes = try await challenge(bench)
        let proof = try bench.proof(bytes, newTemplate: TestBench.randomCommitment())
        let receipt = try await bench.verifier.register(proof: proof, from: submitter)
        try bench.restart()
        bench.clock.advance(seconds: 86_400)
        // On another connection, by root or by the subject.
        for uid: UInt32 in [0, 1000] {
            let again = try await bench.verifier.register(
                proof: proof,
                from: .local(connection: ConnectionIdentity(), uid: uid)
            )
            #expect(again == receipt)
        }
        await #expect(throws: VerifierError.refused) {
            try await bench.verifier.register(proof: proof, from: .local(connection: ConnectionIdentity(), uid: 1001))
        }
        await #expect(throws: VerifierError.refused) {
            try await bench.verifier.register(
                proof: proof,
                from: .remote(clientSignature: ClientSignature.sign(proof: proof, with: SigningKey()), address: "x")
            )
        }
        // Another proof for the same challenge is not that proof.
        await #expect(throws: VerifierError.refused) {
            try await bench.verifier.register(
                proof: try bench.proof(bytes, newTemplate: TestBench.randomCommitment(), salt: 1),
                from: submitter
            )
        }
        try await bench.verifier.revoke(subject: "alice", modality: "face", label: "default", for: root)
        await #expect(throws: VerifierError.refused) {
            try await bench.verifier.register(proof: proof, from: submitter)
        }
    }

    @Test func aRemoteReceiptIsForItsClientOnly() async throws {
        let bench = try TestBench()
        let client = SigningKey()
        let token = try await bench.verifier.makeEnrolmentToken(subject: "carol", lifetime: 3600)
        let bytes = try await bench.verifier.enrolChallenge(
            subject: "carol",
            modality: "face",
            label: "default",
            samples: 1,
            assurance: "match",
            enrolmentToken: token,
            for: .remote(clientKey: client.publicKey.bytes, address: "192.0.2.1")
        )
        let proof = try bench.proof(bytes, newTemplate: TestBench.randomCommitment())
        let signature = ClientSignature.sign(proof: proof, with: client)
        let receipt = try await bench.verifier.register(
            proof: proof,
            from: .remote(clientSignature: signature, address: "192.0.2.1")
        )
        let again = try await bench.verifier.register(
            proof: proof,
            from: .remote(clientSignature: signature, address: "198.51.100.1")
        )
        #expect(again == receipt)
        await #expect(throws: VerifierError.refused) {
            try await bench.verifier.register(proof: proof, from: submitter)
        }
        await #expect(throws: VerifierError.refused) {
            try await bench.verifier.register(
                proof: proof,
                from: .remote(
                    clientSignature: ClientSignature.sign(proof: proof, with: SigningKey()),
                    address: "192.0.2.1"
                )
            )
        }
    }

    @Test func aTokenEnrolsOnceAndOnlyItsSubject() async throws {
        let bench = try TestBench()
        let token = try await bench.verifier.makeEnrolmentToken(subject: "carol", lifetime: 3600)
        let client = SigningKey()
        let requester = Requester.remote(clientKey: client.publicKey.bytes, address: "192.0.2.1")
        func ask(
            _ subject: String,
            _ token: String?,
            label: String = "default"
        ) async throws(VerifierError) -> [UInt8] {
            try await bench.verifier.enrolChallenge(
                subject: subject,
                modality: "face",
                label: label,
                samples: 1,
                assurance: "match",
                enrolmentToken: token,
                for: requester
            )
        }
        for wrong in [nil, "", "guess", token + "x", String(token.dropLast())] {
            await #expect(throws: VerifierError.notAuthorized) { try await ask("carol", wrong) }
        }
        await #expect(throws: VerifierError.notAuthorized) { try await ask("dave", token) }
        let (first, second) = (try await ask("carol", token), try await ask("carol", token, label: "second"))
        try bench.restart()
        func register(_ challenge: [UInt8]) async throws(VerifierError) -> [UInt8] {
            guard let proof = try? bench.proof(challenge, newTemplate: TestBench.randomCommitment()) else { return [] }
            return try await bench.verifier.register(
                proof: proof,
                from: .remote(clientSignature: ClientSignature.sign(proof: proof, with: client), address: "192.0.2.1")
            )
        }
        _ = try await register(first)
        await #expect(throws: VerifierError.refused) { try await register(second) }
        #expect(try bench.refusals() == ["tokenInvalid"])
        await #expect(throws: VerifierError.notAuthorized) { try await ask("carol", token, label: "third") }

        let brief = try await bench.verifier.makeEnrolmentToken(subject: "dave", lifetime: 60)
        bench.clock.advance(seconds: 60)
        await #expect(throws: VerifierError.notAuthorized) { try await ask("dave", brief) }
    }

    /// A token that is gone must not come to mean another one that took its row.
    @Test func anExpiredTokensChallengeDoesNotUseAnotherToken() async throws {
        let bench = try TestBench()
        let client = SigningKey()
        let brief = try await bench.verifier.makeEnrolmentToken(subject: "carol", lifetime: 60)
        let challenge = try await bench.verifier.enrolChallenge(
            subject: "carol",
            modality: "face",
            label: "default",
            samples: 5,
            assurance: "match",
            enrolmentToken: brief,
            for: .remote(clientKey: client.publicKey.bytes, address: "192.0.2.1")
        )
        bench.clock.advance(seconds: 61)
        _ = try await bench.verifier.makeEnrolmentToken(subject: "carol", lifetime: 60)
        let proof = try bench.proof(challenge, newTemplate: TestBench.randomCommitment())
        await #expect(throws: VerifierError.refused) {
            try await bench.verifier.register(
                proof: proof,
                from: .remote(clientSignature: ClientSignature.sign(proof: proof, with: client), address: "192.0.2.1")
            )
        }
        #expect(try bench.refusals() == ["tokenInvalid"])
    }

    @Test func aTokenIsStoredAsAHashOnly() async throws {
        let bench = try TestBench()
        let token = try await bench.verifier.makeEnrolmentToken(subject: "carol", lifetime: 3600)
        try bench.verifier.store.close()
        let file = try DatabaseBytes.read(bench.databasePath)
        #expect(!file.contains(Array(token.utf8)))
        #expect(!file.contains(Array(token.utf8.suffix(20))))
        #expect(file.contains(EnrolmentToken.hash(token)))
    }

    @Test func selfEnrolmentFollowsThePolicy() async throws {
        let bench = try TestBench(policy: TestBench.policy(selfEnrol: false))
        let alice = Requester.local(connection: connection, uid: 1000)
        await #expect(throws: VerifierError.notAuthorized) { try await challenge(bench, as: alice) }
        await #expect(throws: VerifierError.notAuthorized) { try await challenge(bench, "bob", as: alice) }
        try await bench.enrol("alice")
        await #expect(throws: VerifierError.notAuthorized) {
            try await bench.verifier.revoke(subject: "alice", modality: "face", label: "default", for: alice)
        }
        await #expect(throws: VerifierError.notAuthorized) {
            try await bench.verifier.rotateChallenge(
                subject: "alice",
                modality: "face",
                label: "default",
                kind: "refresh",
                samples: 3,
                for: alice
            )
        }
        try bench.restart(policy: TestBench.policy(selfEnrol: true))
        _ = try await challenge(bench, label: "second", as: alice)
        try await bench.verifier.revoke(subject: "alice", modality: "face", label: "default", for: alice)
    }

    @Test func oneEnrolmentPerLabel() async throws {
        let bench = try TestBench()
        let (first, second) = (try await challenge(bench), try await challenge(bench))
        _ = try await bench.verifier.register(
            proof: try bench.proof(first, newTemplate: TestBench.randomCommitment()),
            from: submitter
        )
        await #expect(throws: VerifierError.alreadyEnrolled) { try await challenge(bench) }
        await #expect(throws: VerifierError.refused) {
            try await bench.verifier.register(
                proof: try bench.proof(second, newTemplate: TestBench.randomCommitment()),
                from: submitter
            )
        }
        #expect(try bench.refusals() == ["alreadyEnrolled"])
        _ = try await challenge(bench, label: "second")
    }

    @Test func aCommitmentIsRecordedOnceEver() async throws {
        let bench = try TestBench()
        let commitment = try await bench.enrol("alice")
        // By somebody else, and by the same subject after revocation.
        let other = try await challenge(bench, "bob")
        await #expect(throws: VerifierError.refused) {
            try await bench.verifier.register(proof: try bench.proof(other, newTemplate: commitment), from: submitter)
        }
        try await bench.verifier.revoke(subject: "alice", modality: "face", label: "default", for: root)
        let again = try await challenge(bench)
        await #expect(throws: VerifierError.refused) {
            try await bench.verifier.register(proof: try bench.proof(again, newTemplate: commitment), from: submitter)
        }
        #expect(try bench.refusals() == ["reusedCommitment", "reusedCommitment"])
    }

    @Test func theIdentityIsNoCommitment() async throws {
        let bench = try TestBench()
        let bytes = try await challenge(bench)
        await #expect(throws: VerifierError.refused) {
            try await bench.verifier.register(proof: try bench.proof(bytes, newTemplate: .identity), from: submitter)
        }
        let second = try await challenge(bench)
        await #expect(throws: VerifierError.refused) {
            try await bench.verifier.register(proof: try bench.proof(second), from: submitter)
        }
        #expect(try bench.refusals() == ["identityCommitment", "missingTemplate"])
    }

    @Test func anEnrolmentWithoutASensorIsRefusedWhereABiometricIsWanted() async throws {
        let bench = try TestBench()
        let bytes = try await challenge(bench)
        await #expect(throws: VerifierError.refused) {
            try await bench.verifier.register(
                proof: try bench.proof(bytes, isAttested: false, newTemplate: TestBench.randomCommitment()),
                from: submitter
            )
        }
        let trusting = try TestBench(policy: TestBench.policy(trustedSensorKeys: [SigningKey().publicKey]))
        let second = try await challenge(trusting)
        await #expect(throws: VerifierError.refused) {
            try await trusting.verifier.register(
                proof: try trusting.proof(second, newTemplate: TestBench.randomCommitment()),
                from: submitter
            )
        }
        #expect(try bench.refusals() == ["possessionOnly"])
        #expect(try trusting.refusals() == ["untrustedSensor"])
    }

    @Test func requestsOutsideThePolicyAreBad() async throws {
        let bench = try TestBench()
        func ask(
            modality: String = "face",
            samples: Int = 3,
            assurance: String? = "match"
        ) async throws(VerifierError) -> [UInt8] {
            try await bench.verifier.enrolChallenge(
                subject: "alice",
                modality: modality,
                label: "default",
                samples: samples,
                assurance: assurance,
                for: root
            )
        }
        for samples in [0, -1, 6, .max, .min] {
            await #expect(throws: VerifierError.badRequest) { try await ask(samples: samples) }
        }
        await #expect(throws: VerifierError.badRequest) { try await ask(modality: "iris") }
        await #expect(throws: VerifierError.badRequest) { try await ask(assurance: "total") }
        // Nothing but match can be checked without the published model.
        await #expect(throws: VerifierError.badRequest) { try await ask(assurance: "full") }
        let model = try TestModels.allowed(TestModels.published())
        let strict = try Policy(models: [model], assurance: .full, selfEnrol: true)
        try bench.restart(policy: strict)
        // The proof system under test verifies match and full, not head.
        await #expect(throws: VerifierError.badRequest) { try await ask(assurance: "head") }
        await #expect(throws: VerifierError.badRequest) { try await ask(assurance: "match") }
        await #expect(throws: VerifierError.badRequest) { try await ask(modality: "fingerprint", assurance: "full") }
        for assurance in ["full", nil] {
            let challenge = try SignedChallenge(decoding: try await ask(assurance: assurance)).challenge
            #expect(challenge.assurance == .full)
            #expect(challenge.model == model.identity)
        }
    }

    @Test func enrolmentsAreBounded() async throws {
        let bench = try TestBench()
        for index in 0..<16 { try await bench.enrol("bob", label: "finger \(index)") }
        await #expect(throws: VerifierError.alreadyEnrolled) { try await challenge(bench, "bob", label: "one more") }
    }

    @Test func aTokenIsGoodForTenChallenges() async throws {
        let bench = try TestBench()
        let device = SigningKey()
        let token = try await bench.verifier.makeEnrolmentToken(subject: "carol", lifetime: 600)
        func ask() async throws(VerifierError) {
            _ = try await bench.verifier.enrolChallenge(
                subject: "carol",
                modality: "face",
                label: "default",
                samples: 1,
                enrolmentToken: token,
                for: TestBench.requester(device)
            )
        }
        for _ in 0..<10 { try await ask() }
        await #expect(throws: VerifierError.notAuthorized) { try await ask() }
    }

    /// The policy that counts is the one at the time of the proof.
    @Test func anEnrolmentBelowTheNewPolicyIsRefused() async throws {
        let bench = try TestBench()
        let bytes = try await challenge(bench)
        let stricter = try #require(
            AllowedModel(
                identity: Array(repeating: 0x6d, count: 32),
                modality: .face,
                dimension: 128,
                threshold: 20_001,
                minimumNorm: 4000
            )
        )
        try bench.restart(policy: try Policy(models: [stricter], selfEnrol: true))
        await #expect(throws: VerifierError.refused) {
            try await bench.verifier.register(
                proof: try bench.proof(bytes, newTemplate: TestBench.randomCommitment()),
                from: submitter
            )
        }
        #expect(try bench.refusals() == ["recordBelowPolicy"])
    }
}
