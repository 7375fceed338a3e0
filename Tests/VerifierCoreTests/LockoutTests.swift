import Interfaces
import ServiceSupport
import Sodium
import Testing

@testable import VerifierCore

@Suite struct LockoutTests {
    private func ask(_ bench: TestBench, _ subject: String = "alice") async throws(VerifierError) -> [UInt8] {
        try await bench.verifier.challenge(
            subject: subject,
            purpose: "login",
            for: .local(connection: ConnectionIdentity(), uid: 0)
        )
    }

    @Test func fiveAreFreeThenOnePerHalfMinute() async throws {
        let bench = try TestBench()
        try await bench.enrol("alice")
        for _ in 0..<5 { try await bench.fail("alice") }
        await #expect(throws: VerifierError.lockedOut(retryAfterSeconds: 30)) { try await ask(bench) }
        bench.clock.advance(seconds: 29)
        await #expect(throws: VerifierError.lockedOut(retryAfterSeconds: 1)) { try await ask(bench) }
        // Asking in vain neither counts nor lengthens the wait.
        bench.clock.advance(seconds: 1)
        try await bench.fail("alice")
        await #expect(throws: VerifierError.lockedOut(retryAfterSeconds: 30)) { try await ask(bench) }
    }

    /// The attack: hand in what will be refused, and hang up before it is counted.
    @Test func whoHangsUpIsCountedAllTheSame() async throws {
        let bench = try TestBench()
        try await bench.enrol("alice")
        for _ in 0..<5 {
            let connection = ConnectionIdentity()
            let challenge = try await bench.verifier.challenge(
                subject: "alice",
                purpose: "login",
                for: .local(connection: connection, uid: 0)
            )
            let proof = try bench.proof(challenge, isValid: false)
            let attempt = Task { [verifier = bench.verifier] in
                try await verifier.verify(proof: proof, from: .local(connection: connection, uid: 0))
            }
            attempt.cancel()
            _ = await attempt.result
        }
        await #expect(throws: VerifierError.lockedOut(retryAfterSeconds: 30)) { try await ask(bench) }
    }

    /// Reported by others: a locked laptop with its lid shut asks for a sample again and again, gets none, and its owner
    /// was locked out for good after fifty.
    @Test func aHundredChallengesWithoutAnAnswerLockNobodyOut() async throws {
        let bench = try TestBench()
        let device = SigningKey()
        try await bench.enrol("alice")
        try await bench.enrol("alice", label: "laptop", device: device)
        for _ in 0..<100 {
            _ = try await ask(bench)
            _ = try await bench.challenge("alice", from: device)
        }
        try await bench.login("alice")
        try await bench.login("alice", from: device)
    }

    /// The attack: somebody who knows nothing but a name uses up its tries, over HTTP, from many clients.
    @Test func strangersLockNobodyOut() async throws {
        let bench = try TestBench()
        let device = SigningKey()
        try await bench.enrol("alice")
        try await bench.enrol("alice", label: "laptop", device: device)
        for _ in 0..<60 {
            try await bench.fail("alice", from: SigningKey())
            bench.clock.advance(seconds: 30)
        }
        try await bench.login("alice")
        try await bench.login("alice", from: device)
    }

    /// Nor does the owner's other device, or he himself over HTTP, keep him from his own machine's sudo; and the other
    /// way round.
    @Test func devicesAndTheSocketCountApart() async throws {
        let bench = try TestBench()
        let (laptop, desktop) = (SigningKey(), SigningKey())
        try await bench.enrol("alice")
        try await bench.enrol("alice", label: "laptop", device: laptop)
        try await bench.enrol("alice", label: "desktop", device: desktop)
        for _ in 0..<5 { try await bench.fail("alice", from: laptop) }
        await #expect(throws: VerifierError.lockedOut(retryAfterSeconds: 30)) {
            try await bench.challenge("alice", from: laptop)
        }
        try await bench.login("alice", from: desktop)
        try await bench.login("alice")
        for _ in 0..<5 { try await bench.fail("alice") }
        await #expect(throws: VerifierError.lockedOut(retryAfterSeconds: 30)) { try await ask(bench) }
        try await bench.login("alice", from: desktop)
    }

    @Test(arguments: [true, false])
    func sixtyRefusedProofsEndAtFifty(isLocal: Bool) async throws {
        let bench = try TestBench()
        let device = isLocal ? nil : SigningKey()
        try await bench.enrol("alice", device: device)
        func ask() async throws(VerifierError) {
            guard let device else {
                _ = try await self.ask(bench)
                return
            }
            _ = try await bench.challenge("alice", from: device)
        }
        for _ in 0..<50 {
            try await bench.fail("alice", from: device)
            bench.clock.advance(seconds: 30)
        }
        bench.clock.advance(seconds: 365 * 86_400)
        await #expect(throws: VerifierError.lockedOut(retryAfterSeconds: -1)) { try await ask() }
        let list = try await bench.verifier.list(subject: "alice", for: .administrator)
        #expect(list.map(\.lock) == [.locked] && list.map(\.failures) == [50])
        try await bench.verifier.unlock(subject: "alice")
        try await ask()
        #expect(try await bench.verifier.list(subject: "alice", for: .administrator).map(\.lock) == [.open])
    }

    /// Challenges are cheap: who has collected a thousand of them still gets no more tries.
    @Test func challengesOnStockAreNoFurtherTries() async throws {
        let bench = try TestBench()
        let device = SigningKey()
        try await bench.enrol("alice", device: device)
        var proofs: [[UInt8]] = []
        for index in 0..<20 {
            let challenge = try await bench.challenge("alice", from: device)
            proofs.append(try bench.proof(challenge, isValid: index == 19))
        }
        for proof in proofs {
            await #expect(throws: VerifierError.refused) {
                try await bench.verifier.verify(proof: proof, from: TestBench.submitter(proof, device))
            }
        }
        #expect(
            try bench.refusals()
                == Array(repeating: "proofRejected", count: 5) + Array(repeating: "lockedOut", count: 15)
        )
    }

    /// Nor do proofs handed in all at once.
    @Test func proofsAtOnceAreNoFurtherTries() async throws {
        let gate = GatedChecker()
        let bench = try TestBench(
            limits: ServiceLimits(concurrentVerifications: 32, refusalQuantumMilliseconds: 0),
            checker: gate
        )
        gate.open()
        let device = SigningKey()
        try await bench.enrol("alice", device: device)
        gate.close()
        var proofs: [[UInt8]] = []
        for _ in 0..<20 {
            proofs.append(try bench.proof(try await bench.challenge("alice", from: device), isValid: false))
        }
        let verifier = bench.verifier
        await withTaskGroup(of: Void.self) { group in
            for proof in proofs {
                group.addTask { _ = try? await verifier.verify(proof: proof, from: TestBench.submitter(proof, device)) }
            }
            while (try? bench.refusals().count) ?? 0 < 15 { try? await Task.sleep(for: .milliseconds(5)) }
            #expect(gate.waiting == 5)
            gate.open()
        }
        #expect(try bench.refusals().filter { $0 == "proofRejected" }.count == 5)
    }

    @Test func countersSurviveARestart() async throws {
        let bench = try TestBench()
        try await bench.enrol("alice")
        for _ in 0..<5 {
            try await bench.fail("alice")
            try bench.restart()
        }
        await #expect(throws: VerifierError.lockedOut(retryAfterSeconds: 30)) { try await ask(bench) }
        bench.clock.advance(seconds: 10)
        try bench.restart()
        await #expect(throws: VerifierError.lockedOut(retryAfterSeconds: 20)) { try await ask(bench) }
    }

    @Test func aSuccessClearsTheCounters() async throws {
        let bench = try TestBench()
        try await bench.enrol("alice")
        for _ in 0..<4 { try await bench.fail("alice") }
        try await bench.login("alice")
        for _ in 0..<5 { try await bench.fail("alice") }
        await #expect(throws: VerifierError.lockedOut(retryAfterSeconds: 30)) { try await ask(bench) }
    }

    @Test func subjectsDoNotLockEachOtherOut() async throws {
        let bench = try TestBench()
        try await bench.enrol("alice")
        try await bench.enrol("bob")
        for _ in 0..<5 { try await bench.fail("alice") }
        await #expect(throws: VerifierError.lockedOut(retryAfterSeconds: 30)) { try await ask(bench) }
        _ = try await ask(bench, "bob")
    }

    /// The subject counts over all his templates.
    @Test func twoTemplatesOfASubjectShareTheSubjectsLimit() async throws {
        let bench = try TestBench()
        let connection = ConnectionIdentity()
        try await bench.enrol("alice", modality: .face)
        try await bench.enrol("alice", label: "thumb", modality: .fingerprint)
        for index in 0..<5 {
            let challenge = try await bench.verifier.challenge(
                subject: "alice",
                purpose: "login",
                modality: index.isMultiple(of: 2) ? "face" : "fingerprint",
                for: .local(connection: connection, uid: 0)
            )
            await #expect(throws: VerifierError.refused) {
                try await bench.verifier.verify(
                    proof: try bench.proof(challenge, isValid: false),
                    from: .local(connection: connection, uid: 0)
                )
            }
        }
        await #expect(throws: VerifierError.lockedOut(retryAfterSeconds: 30)) { try await ask(bench) }
    }

    @Test func refusedRotationsCount() async throws {
        let bench = try TestBench()
        let connection = ConnectionIdentity()
        try await bench.enrol("alice")
        for _ in 0..<5 {
            let challenge = try await bench.verifier.rotateChallenge(
                subject: "alice",
                modality: "face",
                label: "default",
                kind: "reblind",
                samples: 1,
                for: .local(connection: connection, uid: 0)
            )
            await #expect(throws: VerifierError.refused) {
                try await bench.verifier.rotate(
                    proof: try bench.proof(challenge, isValid: false),
                    from: .local(connection: connection, uid: 0)
                )
            }
        }
        await #expect(throws: VerifierError.lockedOut(retryAfterSeconds: 30)) { try await ask(bench) }
    }

    @Test func onlyRootAndTheAdministratorUnlock() async throws {
        let bench = try TestBench()
        try await bench.enrol("alice")
        try await bench.enrol("bob")
        for subject in ["alice", "bob"] { for _ in 0..<5 { try await bench.fail(subject) } }
        await #expect(throws: VerifierError.notAuthorized) {
            try await bench.verifier.unlock(
                subject: "alice",
                for: .local(connection: ConnectionIdentity(), uid: 1000)
            )
        }
        await #expect(throws: VerifierError.notAuthorized) {
            try await bench.verifier.unlock(subject: "alice", for: TestBench.requester(SigningKey()))
        }
        try await bench.verifier.unlock(subject: "alice", for: .local(connection: ConnectionIdentity(), uid: 0))
        _ = try await ask(bench)
        await #expect(throws: VerifierError.lockedOut(retryAfterSeconds: 30)) { try await ask(bench, "bob") }
        try await bench.verifier.unlockAll()
        _ = try await ask(bench, "bob")
        #expect(try bench.audit().filter { $0.kind == .unlocked }.map(\.origin) == ["uid:0", "administrator"])
    }

    @Test func aStepOfTheWallClockDoesNotShortenTheWait() async throws {
        let bench = try TestBench()
        try await bench.enrol("alice")
        for _ in 0..<5 { try await bench.fail("alice") }
        bench.clock.step(seconds: 86_400)
        await #expect(throws: VerifierError.lockedOut(retryAfterSeconds: 30)) { try await ask(bench) }
        bench.clock.step(seconds: -2 * 86_400)
        await #expect(throws: VerifierError.lockedOut(retryAfterSeconds: 30)) { try await ask(bench) }
    }

    @Test func aRebootDoesNotShortenTheWait() async throws {
        let bench = try TestBench()
        try await bench.enrol("alice")
        for _ in 0..<5 { try await bench.fail("alice") }
        bench.clock.reboot(seconds: 3600, boot: 2)
        try bench.restart()
        await #expect(throws: VerifierError.lockedOut(retryAfterSeconds: 29)) { try await ask(bench) }
        bench.clock.advance(seconds: 29)
        _ = try await ask(bench)
    }

    /// A battery that died over the boot: the wait begins again, and ends.
    @Test func aClockSetBackOverABootRestartsTheWait() async throws {
        let bench = try TestBench()
        try await bench.enrol("alice")
        for _ in 0..<5 { try await bench.fail("alice") }
        bench.clock.reboot(seconds: 0, boot: 2)
        bench.clock.step(seconds: -365 * 86_400)
        try bench.restart()
        await #expect(throws: VerifierError.lockedOut(retryAfterSeconds: 30)) { try await ask(bench) }
        bench.clock.advance(seconds: 29)
        await #expect(throws: VerifierError.lockedOut(retryAfterSeconds: 1)) { try await ask(bench) }
        bench.clock.advance(seconds: 1)
        _ = try await ask(bench)
    }

    @Test func theLimiterDecidesByItsTable() {
        let limiter = AttemptLimiter()
        let then = ClockReading(unixSeconds: 1000, bootMilliseconds: 500_000, bootIdentity: [1])
        func decision(_ failures: Int, _ milliseconds: UInt64) -> AttemptLimiter.Decision {
            var now = then
            now.bootMilliseconds += milliseconds
            return limiter.decide(failures: failures, last: then, now: now)
        }
        #expect(limiter.decide(failures: 0, last: nil, now: then) == .allowed)
        #expect(decision(4, 0) == .allowed)
        #expect(decision(5, 0) == .wait(seconds: 30))
        #expect(decision(5, 29_999) == .wait(seconds: 1))
        #expect(decision(5, 30_000) == .allowed)
        #expect(decision(49, 30_000) == .allowed)
        #expect(decision(50, .max / 2) == .locked)
        #expect(decision(Int.max, 0) == .locked)
    }
}
