import Interfaces
import Ristretto255
import ServiceSupport
import Sodium
import Statement
import Testing

@testable import VerifierCore

@Suite struct RotationTests {
    private let connection = ConnectionIdentity()
    private var root: Requester { .local(connection: connection, uid: 0) }
    private var submitter: Submitter { .local(connection: connection, uid: 0) }

    private func rotationChallenge(
        _ bench: TestBench,
        kind: String = "reblind",
        samples: Int = 1
    ) async throws(VerifierError) -> [UInt8] {
        try await bench.verifier.rotateChallenge(
            subject: "alice",
            modality: "face",
            label: "default",
            kind: kind,
            samples: samples,
            for: root
        )
    }

    private func rotate(
        _ bench: TestBench,
        kind: String = "reblind",
        samples: Int = 1,
        to commitment: CompressedRistretto? = TestBench.randomCommitment()
    ) async throws -> Receipt {
        let challenge = try await rotationChallenge(bench, kind: kind, samples: samples)
        let bytes = try await bench.verifier.rotate(
            proof: try bench.proof(challenge, newTemplate: commitment),
            from: submitter
        )
        return try SignedReceipt(decoding: bytes).receipt
    }

    @Test func aRotationAdvancesTheEpoch() async throws {
        let bench = try TestBench()
        try await bench.enrol("alice")
        let first = try await rotate(bench)
        #expect(first.epoch == 1)
        #expect(first.role == .reblind)
        let second = try await rotate(bench, kind: "refresh", samples: 3)
        #expect(second.epoch == 2)
        #expect(second.role == .refresh)
        try bench.restart()
        let challenge = try SignedChallenge(
            decoding: try await bench.verifier.challenge(subject: "alice", purpose: "login", for: root)
        ).challenge
        #expect(challenge.epoch == 2)
        #expect(challenge.template == second.template)
        try await bench.login("alice")
    }

    private static let newest = AllowedModel(
        identity: Array(repeating: 0x6e, count: 32),
        modality: .face,
        dimension: 256,
        threshold: 21_000,
        minimumNorm: 5000
    )

    /// A policy that has one more face model, which serves new enrolments.
    private func upgraded(selfEnrol: Bool = true, dropsOld: Bool = false) throws -> Policy {
        let models = [try #require(Self.newest)] + (dropsOld ? [] : [try #require(TestBench.model)])
        return try Policy(models: models + [try #require(TestBench.fingerModel)], selfEnrol: selfEnrol)
    }

    @Test func anUpgradeMovesTheRecordToTheNewestModel() async throws {
        let bench = try TestBench()
        try await bench.enrol("alice")
        await #expect(throws: VerifierError.nothingToUpgrade) {
            try await rotationChallenge(bench, kind: "upgrade", samples: 2)
        }
        try bench.restart(policy: try upgraded())
        try await bench.login("alice")
        let challenge = try SignedChallenge(
            decoding: try await rotationChallenge(bench, kind: "upgrade", samples: 2)
        ).challenge
        #expect(challenge.role == .upgrade && challenge.samples == 2 && challenge.epoch == 0)
        #expect(challenge.model == Self.newest?.identity && challenge.dimension == 256)
        #expect(challenge.threshold == 21_000 && challenge.minimumNorm == 5000)
        #expect(
            challenge.previous
                == PreviousModel(
                    identity: TestBench.model?.identity ?? [],
                    dimension: 128,
                    threshold: 20_000,
                    minimumNorm: 4000
                )
        )
        let receipt = try await rotate(bench, kind: "upgrade", samples: 2)
        #expect(receipt.role == .upgrade && receipt.epoch == 1 && receipt.model == Self.newest?.identity)
        // The old model may go now, and there is nothing left to move to.
        try bench.restart(policy: try upgraded(dropsOld: true))
        let login = try SignedChallenge(
            decoding: try await bench.verifier.challenge(subject: "alice", purpose: "login", for: root)
        ).challenge
        #expect(login.model == Self.newest?.identity && login.dimension == 256 && login.previous == nil)
        #expect(login.threshold == 21_000 && login.minimumNorm == 5000 && login.template == receipt.template)
        try await bench.login("alice")
        await #expect(throws: VerifierError.nothingToUpgrade) {
            try await rotationChallenge(bench, kind: "upgrade", samples: 2)
        }
    }

    /// It is a refresh, too: a template may drift as often as the policy says and no more.
    @Test func anUpgradeCountsAsARefresh() async throws {
        let bench = try TestBench(policy: try TestBench.policy(maximumRefreshes: 1))
        try await bench.enrol("alice")
        _ = try await rotate(bench, kind: "refresh", samples: 2)
        try bench.restart(
            policy: try Policy(
                models: [try #require(Self.newest), try #require(TestBench.model)],
                maximumRefreshes: 1
            )
        )
        await #expect(throws: VerifierError.notAuthorized) {
            try await rotationChallenge(bench, kind: "upgrade", samples: 2)
        }
    }

    @Test func whoMayNotEnrolMayNotUpgrade() async throws {
        let bench = try TestBench(policy: try upgraded(selfEnrol: false, dropsOld: false))
        await #expect(throws: VerifierError.notAuthorized) {
            try await bench.verifier.rotateChallenge(
                subject: "alice",
                modality: "face",
                label: "default",
                kind: "upgrade",
                samples: 2,
                for: .local(connection: connection, uid: 1000)
            )
        }
    }

    /// Otherwise who holds an opening, and no sensor, could put himself in the place of who was enrolled before one.
    @Test func aRecordWithASensorTakesNoUnsignedSamples() async throws {
        let bench = try TestBench(policy: try TestBench.policy(biometricRequired: false))
        try await bench.enrol("alice")
        let policy = try Policy(
            models: [try #require(Self.newest), try #require(TestBench.model)],
            assurance: .match,
            biometricRequired: false,
            selfEnrol: true
        )
        try bench.restart(policy: policy)
        for (kind, samples) in [("refresh", 2), ("upgrade", 2)] {
            let challenge = try await rotationChallenge(bench, kind: kind, samples: samples)
            await #expect(throws: VerifierError.refused) {
                try await bench.verifier.rotate(
                    proof: try bench.proof(challenge, isAttested: false, newTemplate: TestBench.randomCommitment()),
                    from: submitter
                )
            }
        }
        #expect(try bench.refusals() == ["possessionOnly", "possessionOnly"])
        // Possession alone may re-blind: the template stays whose it is.
        let challenge = try await rotationChallenge(bench)
        _ = try await bench.verifier.rotate(
            proof: try bench.proof(challenge, isAttested: false, newTemplate: TestBench.randomCommitment()),
            from: submitter
        )
    }

    /// Whether there is something to upgrade to is, for a stranger, a matter of the name alone: the same before and after
    /// that name is enrolled, upgraded, and locked out.
    @Test func nothingToUpgradeIsNoOracle() async throws {
        let bench = try TestBench(policy: try upgraded())
        let stranger = SigningKey()
        func answers() async throws -> [String] {
            var answers: [String] = []
            for index in 0..<40 {
                do {
                    let challenge = try await bench.verifier.rotateChallenge(
                        subject: "user \(index)",
                        modality: "face",
                        label: "default",
                        kind: "upgrade",
                        samples: 1,
                        for: TestBench.requester(stranger)
                    )
                    answers.append(try SignedChallenge(decoding: challenge).challenge.decoyFields)
                } catch let error as VerifierError { answers.append("\(error)") }
            }
            return answers
        }
        let before = try await answers()
        #expect(Set(before).count > 3 && before.contains("\(VerifierError.nothingToUpgrade)"))
        for index in 0..<40 { try await bench.enrol("user \(index)", device: SigningKey()) }
        #expect(try await answers() == before)
    }

    /// The policy that counts is the one at the time of the proof.
    @Test func anUpgradeToAModelThatWasWithdrawnIsRefused() async throws {
        let bench = try TestBench()
        try await bench.enrol("alice")
        try bench.restart(policy: try upgraded())
        let challenge = try await rotationChallenge(bench, kind: "upgrade", samples: 2)
        try bench.restart(policy: try TestBench.policy())
        await #expect(throws: VerifierError.refused) {
            try await bench.verifier.rotate(
                proof: try bench.proof(challenge, newTemplate: TestBench.randomCommitment()),
                from: submitter
            )
        }
        #expect(try bench.refusals() == ["recordBelowPolicy"])
        try await bench.login("alice")
    }

    @Test func outstandingChallengesOfTheOldEpochDie() async throws {
        let bench = try TestBench()
        try await bench.enrol("alice")
        let login = try await bench.verifier.challenge(subject: "alice", purpose: "login", for: root)
        let otherRotation = try await rotationChallenge(bench)
        _ = try await rotate(bench)
        try bench.restart()
        await #expect(throws: VerifierError.refused) {
            try await bench.verifier.verify(proof: try bench.proof(login), from: submitter)
        }
        await #expect(throws: VerifierError.refused) {
            try await bench.verifier.rotate(
                proof: try bench.proof(otherRotation, newTemplate: TestBench.randomCommitment()),
                from: submitter
            )
        }
        #expect(try bench.refusals() == ["staleEpoch", "staleEpoch"])
    }

    /// Commitment and epoch are both compared.
    @Test func theEpochIsComparedWithTheRecord() async throws {
        let bench = try TestBench()
        try await bench.enrol("alice")
        let login = try await bench.verifier.challenge(subject: "alice", purpose: "login", for: root)
        try await bench.verifier.session { session in
            guard var record = try session.activeEnrolment(subject: "alice", modality: .face, label: "default") else {
                return
            }
            record.epoch += 1
            try session.update(record)
        }
        await #expect(throws: VerifierError.refused) {
            try await bench.verifier.verify(proof: try bench.proof(login), from: submitter)
        }
        let second = try await bench.verifier.challenge(subject: "alice", purpose: "login", for: root)
        try await bench.verifier.session { session in
            guard var record = try session.activeEnrolment(subject: "alice", modality: .face, label: "default") else {
                return
            }
            record.commitment = TestBench.randomCommitment()
            try session.update(record)
        }
        await #expect(throws: VerifierError.refused) {
            try await bench.verifier.verify(proof: try bench.proof(second), from: submitter)
        }
        #expect(try bench.refusals() == ["staleEpoch", "staleEpoch"])
    }

    @Test func commitmentsThatARotationMayNotYield() async throws {
        let bench = try TestBench()
        let original = try await bench.enrol("alice")
        let others = try await bench.enrol("bob")
        let current = try await rotate(bench).template
        for commitment in [current, original, others, .identity, nil] {
            let challenge = try await rotationChallenge(bench)
            await #expect(throws: VerifierError.refused) {
                try await bench.verifier.rotate(
                    proof: try bench.proof(challenge, newTemplate: commitment),
                    from: submitter
                )
            }
            try await bench.verifier.unlock(subject: "alice")
        }
        #expect(
            try bench.refusals() == [
                "reusedCommitment", "reusedCommitment", "reusedCommitment", "identityCommitment", "missingTemplate",
            ]
        )
        let list = try await bench.verifier.list(subject: "alice", for: root)
        #expect(list.map(\.epoch) == [1])
    }

    @Test func twoRotationsAtOnceAdvanceOneEpoch() async throws {
        let bench = try TestBench()
        try await bench.enrol("alice")
        var proofs: [[UInt8]] = []
        for _ in 0..<5 {
            let challenge = try await rotationChallenge(bench)
            proofs.append(try bench.proof(challenge, newTemplate: TestBench.randomCommitment()))
        }
        let (verifier, submitter) = (bench.verifier, submitter)
        let receipts = await withTaskGroup(of: [UInt8]?.self) { group in
            for proof in proofs {
                group.addTask { try? await verifier.rotate(proof: proof, from: submitter) }
            }
            return await group.reduce(into: []) { result, receipt in if let receipt { result.append(receipt) } }
        }
        #expect(receipts.count == 1)
        let list = try await bench.verifier.list(subject: "alice", for: root)
        #expect(list.map(\.epoch) == [1])
    }

    /// A login and a rotation race: the login is accepted before the rotation or refused after it, never in between,
    /// and the epoch ends at exactly one more.
    @Test func rotationAndLoginAtOnce() async throws {
        let bench = try TestBench()
        try await bench.enrol("alice")
        for round in 1...8 {
            let login = try await bench.verifier.challenge(subject: "alice", purpose: "login", for: root)
            let rotation = try await rotationChallenge(bench)
            let loginProof = try bench.proof(login)
            let commitment = TestBench.randomCommitment()
            let rotationProof = try bench.proof(rotation, newTemplate: commitment)
            let (verifier, submitter) = (bench.verifier, submitter)
            async let loggedIn = try? verifier.verify(proof: loginProof, from: submitter)
            async let rotated = try? verifier.rotate(proof: rotationProof, from: submitter)
            let receipt = try #require(await rotated)
            #expect(try SignedReceipt(decoding: receipt).receipt.epoch == UInt64(round))
            _ = await loggedIn
            // Whatever came first, the login's challenge is used up now.
            await #expect(throws: VerifierError.refused) {
                try await bench.verifier.verify(proof: loginProof, from: submitter)
            }
            try await bench.login("alice")
        }
    }

    @Test func aLostReceiptOfARotationIsFetchedAgainUntilTheNext() async throws {
        let bench = try TestBench()
        try await bench.enrol("alice")
        let challenge = try await rotationChallenge(bench)
        let proof = try bench.proof(challenge, newTemplate: TestBench.randomCommitment())
        let receipt = try await bench.verifier.rotate(proof: proof, from: submitter)
        try bench.restart()
        let again = try await bench.verifier.rotate(
            proof: proof,
            from: .local(connection: ConnectionIdentity(), uid: 1000)
        )
        #expect(again == receipt)
        #expect(try await bench.verifier.list(subject: "alice", for: root).map(\.epoch) == [1])
        _ = try await rotate(bench)
        await #expect(throws: VerifierError.refused) {
            try await bench.verifier.rotate(proof: proof, from: submitter)
        }
    }

    @Test func aFailedRotationChangesNothing() async throws {
        let bench = try TestBench()
        let commitment = try await bench.enrol("alice")
        let challenge = try await rotationChallenge(bench)
        await #expect(throws: VerifierError.refused) {
            try await bench.verifier.rotate(
                proof: try bench.proof(challenge, isValid: false, newTemplate: TestBench.randomCommitment()),
                from: submitter
            )
        }
        let after = try SignedChallenge(
            decoding: try await bench.verifier.challenge(subject: "alice", purpose: "login", for: root)
        ).challenge
        #expect(after.template == commitment)
        #expect(after.epoch == 0)
    }

    /// Each refresh may drift by the threshold, so there are only so many (attacks.md F18).
    @Test func refreshesAreCapped() async throws {
        let bench = try TestBench(policy: TestBench.policy(maximumRefreshes: 3))
        try await bench.enrol("alice")
        for _ in 0..<3 { _ = try await rotate(bench, kind: "refresh", samples: 2) }
        await #expect(throws: VerifierError.notAuthorized) {
            try await rotationChallenge(bench, kind: "refresh", samples: 2)
        }
        _ = try await rotate(bench)
        // Over HTTP the answer must not tell a known subject from an unknown one, so the proof is what is refused.
        let client = SigningKey()
        try await bench.enrol("bob", device: client)
        try await bench.verifier.session { session in
            guard var record = try session.activeEnrolment(subject: "bob", modality: .face, label: "default") else {
                return
            }
            record.refreshes = 3
            try session.update(record)
        }
        let challenge = try await bench.verifier.rotateChallenge(
            subject: "bob",
            modality: "face",
            label: "default",
            kind: "refresh",
            samples: 2,
            for: .remote(clientKey: client.publicKey.bytes, address: "192.0.2.1")
        )
        let proof = try bench.proof(challenge, newTemplate: TestBench.randomCommitment())
        await #expect(throws: VerifierError.refused) {
            try await bench.verifier.rotate(
                proof: proof,
                from: .remote(clientSignature: ClientSignature.sign(proof: proof, with: client), address: "192.0.2.1")
            )
        }
        #expect(try bench.refusals() == ["refreshLimit"])
    }

    @Test func kindAndSamplesAreChecked() async throws {
        let bench = try TestBench()
        try await bench.enrol("alice")
        for (kind, samples) in [
            ("enrol", 1), ("authenticate", 1), ("reblind", 2), ("reblind", 0), ("refresh", 6), ("", 1),
            ("refresh", .min),
        ] {
            await #expect(throws: VerifierError.badRequest) {
                try await rotationChallenge(bench, kind: kind, samples: samples)
            }
        }
    }
}
