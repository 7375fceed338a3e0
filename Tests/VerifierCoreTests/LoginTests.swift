import Interfaces
import ServiceSupport
import Sodium
import Statement
import Testing

@testable import VerifierCore

@Suite struct LoginTests {
    private let connection = ConnectionIdentity()
    private var root: Requester { .local(connection: connection, uid: 0) }
    private var submitter: Submitter { .local(connection: connection, uid: 0) }

    @Test func aBiometricProofLogsIn() async throws {
        let bench = try TestBench()
        let commitment = try await bench.enrol("alice")
        let bytes = try await bench.verifier.challenge(subject: "alice", purpose: "sudo", for: root)
        let signed = try SignedChallenge(decoding: bytes)
        let challenge = signed.challenge
        #expect(signed.isSigned(by: bench.keys.signing.publicKey))
        #expect(challenge.role == .authenticate)
        #expect(challenge.template == commitment)
        #expect(challenge.audience == "verifier.test")
        #expect(challenge.purpose == "sudo")
        #expect(challenge.subject == "alice")
        #expect(challenge.label == "default")
        #expect(challenge.clientKey == [UInt8](repeating: 0, count: 32))
        #expect(challenge.epoch == 0)
        #expect(challenge.threshold == 20_000)
        #expect(challenge.minimumNorm == 4000)
        #expect(challenge.expiresAt - challenge.issuedAt == 60)
        let login = try await bench.verifier.verify(proof: try bench.proof(bytes), from: submitter)
        #expect(login.subject == "alice")
        #expect(login.verdict == .biometric)
        #expect(login.purpose == "sudo")
    }

    @Test func possessionCountsOnlyWhereThePolicySaysSo() async throws {
        let strict = try TestBench()
        try await strict.enrol("alice")
        let refusedChallenge = try await strict.verifier.challenge(subject: "alice", purpose: "login", for: root)
        await #expect(throws: VerifierError.refused) {
            try await strict.verifier.verify(
                proof: try strict.proof(refusedChallenge, isAttested: false),
                from: submitter
            )
        }
        #expect(try strict.refusals() == ["possessionOnly"])

        let lax = try TestBench(policy: TestBench.policy(biometricRequired: false))
        try await lax.enrol("alice")
        let challenge = try await lax.verifier.challenge(subject: "alice", purpose: "login", for: root)
        let login = try await lax.verifier.verify(
            proof: try lax.proof(challenge, isAttested: false),
            from: submitter
        )
        #expect(login.verdict == .possession)
    }

    @Test func anotherSensorThanTheEnrolledOneIsNoBiometric() async throws {
        let bench = try TestBench()
        try await bench.enrol("alice")
        let challenge = try await bench.verifier.challenge(subject: "alice", purpose: "login", for: root)
        let proof = try TestProof(answering: challenge, sensorKey: SigningKey().publicKey.bytes).encode()
        await #expect(throws: VerifierError.refused) {
            try await bench.verifier.verify(proof: proof, from: submitter)
        }
        #expect(try bench.refusals() == ["untrustedSensor"])
    }

    @Test func aSensorThatIsNoLongerTrustedIsNoBiometric() async throws {
        let bench = try TestBench()
        try await bench.enrol("alice")
        try bench.restart(policy: TestBench.policy(trustedSensorKeys: [SigningKey().publicKey]))
        let challenge = try await bench.verifier.challenge(subject: "alice", purpose: "login", for: root)
        await #expect(throws: VerifierError.refused) {
            try await bench.verifier.verify(proof: try bench.proof(challenge), from: submitter)
        }
        try bench.restart(policy: TestBench.policy(trustedSensorKeys: [bench.sensor.publicKey]))
        try await bench.login("alice")
    }

    @Test func aProofIsGoodOnce() async throws {
        let bench = try TestBench()
        try await bench.enrol("alice")
        let challenge = try await bench.verifier.challenge(subject: "alice", purpose: "login", for: root)
        let proof = try bench.proof(challenge)
        _ = try await bench.verifier.verify(proof: proof, from: submitter)
        await #expect(throws: VerifierError.refused) { try await bench.verifier.verify(proof: proof, from: submitter) }
        await #expect(throws: VerifierError.refused) {
            try await bench.verifier.verify(proof: try bench.proof(challenge, salt: 1), from: submitter)
        }
        #expect(try bench.refusals() == ["consumedChallenge", "consumedChallenge"])
    }

    @Test func aProofSubmittedManyTimesAtOnceIsGoodOnce() async throws {
        let bench = try TestBench()
        try await bench.enrol("alice")
        let challenge = try await bench.verifier.challenge(subject: "alice", purpose: "login", for: root)
        let proof = try bench.proof(challenge)
        let (verifier, submitter) = (bench.verifier, submitter)
        let successes = await withTaskGroup(of: Bool.self) { group in
            for _ in 0..<16 {
                group.addTask { (try? await verifier.verify(proof: proof, from: submitter)) != nil }
            }
            return await group.reduce(0) { $0 + ($1 ? 1 : 0) }
        }
        #expect(successes == 1)
    }

    @Test func aFailedProofUsesItsChallengeUp() async throws {
        let bench = try TestBench()
        try await bench.enrol("alice")
        let challenge = try await bench.verifier.challenge(subject: "alice", purpose: "login", for: root)
        await #expect(throws: VerifierError.refused) {
            try await bench.verifier.verify(proof: try bench.proof(challenge, isValid: false), from: submitter)
        }
        await #expect(throws: VerifierError.refused) {
            try await bench.verifier.verify(proof: try bench.proof(challenge), from: submitter)
        }
        #expect(try bench.refusals() == ["proofRejected", "consumedChallenge"])
    }

    @Test func anExpiredChallengeIsDead() async throws {
        let bench = try TestBench()
        try await bench.enrol("alice")
        let challenge = try await bench.verifier.challenge(subject: "alice", purpose: "login", for: root)
        let proof = try bench.proof(challenge)
        bench.clock.advance(seconds: 60)
        await #expect(throws: VerifierError.refused) { try await bench.verifier.verify(proof: proof, from: submitter) }
        #expect(try bench.refusals() == ["expiredChallenge"])

        let second = try await bench.verifier.challenge(subject: "alice", purpose: "login", for: root)
        bench.clock.advance(seconds: 59)
        _ = try await bench.verifier.verify(proof: try bench.proof(second), from: submitter)
    }

    @Test func expiryFollowsTheBootClockWhenTheWallClockStandsStill() async throws {
        let bench = try TestBench()
        try await bench.enrol("alice")
        let challenge = try await bench.verifier.challenge(subject: "alice", purpose: "login", for: root)
        bench.clock.advance(seconds: 61)
        bench.clock.step(seconds: -60)
        // The step is seen by the sweep only beyond the tolerance; back to within it, the boot clock still counts.
        bench.clock.step(seconds: 59)
        await #expect(throws: VerifierError.refused) {
            try await bench.verifier.verify(proof: try bench.proof(challenge), from: submitter)
        }
    }

    @Test func aClockThatGoesBackKillsOutstandingChallenges() async throws {
        let bench = try TestBench()
        try await bench.enrol("alice")
        let challenge = try await bench.verifier.challenge(subject: "alice", purpose: "login", for: root)
        bench.clock.step(seconds: -3600)
        await #expect(throws: VerifierError.refused) {
            try await bench.verifier.verify(proof: try bench.proof(challenge), from: submitter)
        }
        bench.clock.step(seconds: 3600)
        await #expect(throws: VerifierError.refused) {
            try await bench.verifier.verify(proof: try bench.proof(challenge), from: submitter)
        }
        #expect(try bench.refusals() == ["unknownChallenge", "unknownChallenge"])
        try await bench.login("alice")
    }

    /// A small correction of the clock between challenge and proof is none of the client's business.
    @Test func aClockThatIsPutRightByThreeSecondsKillsNothing() async throws {
        let bench = try TestBench()
        try await bench.enrol("alice")
        let challenge = try await bench.verifier.challenge(subject: "alice", purpose: "login", for: root)
        bench.clock.step(seconds: -3)
        _ = try await bench.verifier.verify(proof: try bench.proof(challenge), from: submitter)
    }

    /// A challenge leaves nothing in the database, so the step must be noticed by what is in memory; after a restart,
    /// by what was written at the last login.
    @Test func aUsedChallengeNeverComesBackToLife() async throws {
        let bench = try TestBench()
        try await bench.enrol("alice")
        let challenge = try await bench.verifier.challenge(subject: "alice", purpose: "login", for: root)
        let proof = try bench.proof(challenge)
        _ = try await bench.verifier.verify(proof: proof, from: submitter)
        // Long after, when it is no longer remembered as used.
        bench.clock.advance(seconds: 3600)
        try await bench.login("alice")
        bench.clock.step(seconds: -3590)
        try bench.restart()
        await #expect(throws: VerifierError.refused) { try await bench.verifier.verify(proof: proof, from: submitter) }
        #expect(try bench.refusals() == ["unknownChallenge"])
    }

    @Test func onlyTheConnectionThatAskedMayAnswer() async throws {
        let bench = try TestBench()
        try await bench.enrol("alice")
        let challenge = try await bench.verifier.challenge(subject: "alice", purpose: "login", for: root)
        let proof = try bench.proof(challenge)
        await #expect(throws: VerifierError.refused) {
            try await bench.verifier.verify(proof: proof, from: .local(connection: ConnectionIdentity(), uid: 0))
        }
        #expect(try bench.refusals() == ["wrongBinding"])
        // The stranger did not use it up.
        _ = try await bench.verifier.verify(proof: proof, from: submitter)
    }

    @Test func onlyTheClientKeyThatAskedMayAnswer() async throws {
        let bench = try TestBench()
        let client = SigningKey()
        let thief = SigningKey()
        try await bench.enrol("alice", device: client)
        let challenge = try await bench.verifier.challenge(
            subject: "alice",
            purpose: "login",
            for: .remote(clientKey: client.publicKey.bytes, address: "192.0.2.1")
        )
        let proof = try bench.proof(challenge)
        await #expect(throws: VerifierError.refused) {
            try await bench.verifier.verify(
                proof: proof,
                from: .remote(clientSignature: ClientSignature.sign(proof: proof, with: thief), address: "192.0.2.2")
            )
        }
        await #expect(throws: VerifierError.refused) {
            try await bench.verifier.verify(proof: proof, from: .remote(clientSignature: [], address: "192.0.2.2"))
        }
        // A local peer cannot answer a remote challenge either.
        await #expect(throws: VerifierError.refused) {
            try await bench.verifier.verify(proof: proof, from: submitter)
        }
        let login = try await bench.verifier.verify(
            proof: proof,
            from: .remote(clientSignature: ClientSignature.sign(proof: proof, with: client), address: "192.0.2.1")
        )
        #expect(login.clientKey == client.publicKey.bytes)
    }

    @Test func aRemoteClientCannotAnswerALocalChallenge() async throws {
        let bench = try TestBench()
        try await bench.enrol("alice")
        let challenge = try await bench.verifier.challenge(subject: "alice", purpose: "login", for: root)
        let proof = try bench.proof(challenge)
        await #expect(throws: VerifierError.refused) {
            try await bench.verifier.verify(
                proof: proof,
                from: .remote(
                    clientSignature: ClientSignature.sign(proof: proof, with: SigningKey()),
                    address: "192.0.2.1"
                )
            )
        }
    }

    @Test func aChallengeOfAnotherVerifierIsForeign() async throws {
        let (one, other) = (try TestBench(), try TestBench())
        try await one.enrol("alice")
        try await other.enrol("alice")
        let challenge = try await other.verifier.challenge(subject: "alice", purpose: "login", for: root)
        await #expect(throws: VerifierError.refused) {
            try await one.verifier.verify(proof: try one.proof(challenge), from: submitter)
        }
    }

    /// The same key, but a challenge that was never issued, or was changed and signed again, is unknown.
    @Test func aChallengeMustBeTheOneThatWasIssued() async throws {
        let bench = try TestBench()
        try await bench.enrol("alice")
        let bytes = try await bench.verifier.challenge(subject: "alice", purpose: "login", for: root)
        var challenge = try SignedChallenge(decoding: bytes).challenge
        challenge.threshold -= 1
        let weaker = SignedChallenge(signing: challenge, with: bench.keys.signing)
        await #expect(throws: VerifierError.refused) {
            try await bench.verifier.verify(proof: try bench.proof(weaker.bytes), from: submitter)
        }
        var flipped = bytes
        flipped[flipped.count - 1] ^= 1
        await #expect(throws: VerifierError.refused) {
            try await bench.verifier.verify(proof: try bench.proof(flipped), from: submitter)
        }
        #expect(try bench.refusals() == ["unknownChallenge"])
    }

    @Test func malformedProofsAreRefusedLikeAllOthers() async throws {
        let bench = try TestBench(
            limits: ServiceLimits(maximumProofBytes: 2048, refusalQuantumMilliseconds: 0)
        )
        for proof in [[], [0], Array("TEST".utf8), [UInt8](repeating: 0xff, count: 2049)] {
            await #expect(throws: VerifierError.refused) {
                try await bench.verifier.verify(proof: proof, from: submitter)
            }
        }
    }

    @Test func aLoginProofServesNoOtherMethod() async throws {
        let bench = try TestBench()
        try await bench.enrol("alice")
        let challenge = try await bench.verifier.challenge(subject: "alice", purpose: "login", for: root)
        let proof = try bench.proof(challenge, newTemplate: TestBench.randomCommitment())
        await #expect(throws: VerifierError.refused) { try await bench.verifier.rotate(proof: proof, from: submitter) }
        await #expect(throws: VerifierError.refused) {
            try await bench.verifier.register(proof: proof, from: submitter)
        }
        #expect(try bench.refusals() == ["wrongRole", "wrongRole"])
    }

    @Test func aRevokedEnrolmentIsDeadAtOnce() async throws {
        let bench = try TestBench()
        try await bench.enrol("alice")
        let challenge = try await bench.verifier.challenge(subject: "alice", purpose: "login", for: root)
        try await bench.verifier.revoke(subject: "alice", modality: "face", label: "default", for: root)
        await #expect(throws: VerifierError.refused) {
            try await bench.verifier.verify(proof: try bench.proof(challenge), from: submitter)
        }
        await #expect(throws: VerifierError.notEnrolled) {
            try await bench.verifier.challenge(subject: "alice", purpose: "login", for: root)
        }
        await #expect(throws: VerifierError.notEnrolled) {
            try await bench.verifier.revoke(subject: "alice", modality: "face", label: "default", for: root)
        }
        let list = try await bench.verifier.list(subject: "alice", for: root)
        #expect(list.map(\.state) == ["revoked"])
    }

    @Test func aUIDMayNameItsOwnSubjectsOnly() async throws {
        let bench = try TestBench()
        try await bench.enrol("alice")
        try await bench.enrol("bob")
        try await bench.login("alice", uid: 1000)
        let alice = Requester.local(connection: connection, uid: 1000)
        for subject in ["bob", "root", "nobody", "no such user"] {
            await #expect(throws: VerifierError.notAuthorized) {
                try await bench.verifier.challenge(subject: subject, purpose: "login", for: alice)
            }
            await #expect(throws: VerifierError.notAuthorized) {
                try await bench.verifier.list(subject: subject, for: alice)
            }
            await #expect(throws: VerifierError.notAuthorized) {
                try await bench.verifier.revoke(subject: subject, modality: "face", label: "default", for: alice)
            }
            await #expect(throws: VerifierError.notAuthorized) {
                try await bench.verifier.rotateChallenge(
                    subject: subject,
                    modality: "face",
                    label: "default",
                    kind: "reblind",
                    samples: 1,
                    for: alice
                )
            }
        }
        #expect(try await bench.verifier.list(subject: nil, for: alice).map(\.subject) == ["alice"])
        #expect(try await bench.verifier.list(subject: nil, for: root).map(\.subject) == ["alice", "bob"])
    }

    @Test func hostileNamesAreBadRequests() async throws {
        let bench = try TestBench()
        let names = [
            "", "a\nb", "a\0b", "\u{1b}[31m", "a\u{202e}b", "a\u{2028}b", String(repeating: "x", count: 129),
        ]
        for name in names {
            await #expect(throws: VerifierError.badRequest) {
                try await bench.verifier.challenge(subject: name, purpose: "login", for: root)
            }
            await #expect(throws: VerifierError.badRequest) {
                try await bench.verifier.challenge(subject: "alice", purpose: name, for: root)
            }
            await #expect(throws: VerifierError.badRequest) {
                try await bench.verifier.challenge(subject: "alice", purpose: "login", label: name, for: root)
            }
        }
        await #expect(throws: VerifierError.badRequest) {
            try await bench.verifier.challenge(subject: "alice", purpose: "login", modality: "iris", for: root)
        }
        for key in [[UInt8](repeating: 0, count: 32), [UInt8](repeating: 0xff, count: 32), [], [1]] {
            await #expect(throws: VerifierError.badRequest) {
                try await bench.verifier.challenge(
                    subject: "alice",
                    purpose: "login",
                    for: .remote(clientKey: key, address: "192.0.2.1")
                )
            }
        }
    }

    @Test func aRecordBelowTodaysPolicyDoesNotLogIn() async throws {
        let bench = try TestBench()
        let client = SigningKey()
        try await bench.enrol("alice")
        try await bench.enrol("alice", label: "laptop", device: client)
        let stricter = try #require(
            AllowedModel(
                identity: Array(repeating: 0x6d, count: 32),
                modality: .face,
                dimension: 128,
                threshold: 20_001,
                minimumNorm: 4000
            )
        )
        try bench.restart(policy: Policy(models: [stricter], selfEnrol: true))
        await #expect(throws: VerifierError.notEnrolled) {
            try await bench.verifier.challenge(subject: "alice", purpose: "login", for: root)
        }
        let proof = try bench.proof(try await bench.challenge("alice", from: client))
        await #expect(throws: VerifierError.refused) {
            try await bench.verifier.verify(proof: proof, from: TestBench.submitter(proof, client))
        }
        #expect(try bench.refusals() == ["recordBelowPolicy"])
    }

    @Test func aRefusalWaitsForTheNextMultipleOfTheQuantum() async {
        let pacer = RefusalPacer(quantum: .milliseconds(100))
        let start = ContinuousClock.now - .milliseconds(250)
        await pacer.hold(since: start)
        #expect(ContinuousClock.now - start >= .milliseconds(300))
        await RefusalPacer(quantum: .zero).hold(since: start)
    }

    /// No refusal leaves before the quantum is over, whatever its reason.
    @Test func refusalsTakeTheSameTime() async throws {
        let bench = try TestBench(limits: ServiceLimits(refusalQuantumMilliseconds: 200))
        let client = SigningKey()
        try await bench.enrol("alice", device: client)
        func remoteProof(_ subject: String, isValid: Bool) async throws -> [UInt8] {
            let challenge = try await bench.verifier.challenge(
                subject: subject,
                purpose: "login",
                for: .remote(clientKey: client.publicKey.bytes, address: "192.0.2.1")
            )
            return try bench.proof(challenge, isValid: isValid)
        }
        let proofs = [
            try await remoteProof("alice", isValid: false), try await remoteProof("mallory", isValid: false),
            [1, 2, 3], try await remoteProof("alice", isValid: true) + [0],
        ]
        for proof in proofs {
            let start = ContinuousClock.now
            await #expect(throws: VerifierError.refused) {
                try await bench.verifier.verify(
                    proof: proof,
                    from: .remote(
                        clientSignature: ClientSignature.sign(proof: proof, with: client),
                        address: "192.0.2.1"
                    )
                )
            }
            #expect(ContinuousClock.now - start >= .milliseconds(200))
        }
    }
}
