import MatchProof
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

    private func askRemotely(_ bench: TestBench, _ subject: String) async throws(VerifierError) -> [UInt8] {
        try await bench.verifier.challenge(
            subject: subject,
            purpose: "login",
            for: .remote(clientKey: SigningKey().publicKey.bytes, address: "192.0.2.1")
        )
    }

    @Test func fiveAreFreeThenOnePerHalfMinute() async throws {
        let bench = try TestBench()
        try await bench.enrol("alice")
        for _ in 0..<5 { _ = try await ask(bench) }
        await #expect(throws: VerifierError.lockedOut(retryAfterSeconds: 30)) { try await ask(bench) }
        bench.clock.advance(seconds: 29)
        await #expect(throws: VerifierError.lockedOut(retryAfterSeconds: 1)) { try await ask(bench) }
        // Asking in vain neither counts nor lengthens the wait.
        bench.clock.advance(seconds: 1)
        _ = try await ask(bench)
        await #expect(throws: VerifierError.lockedOut(retryAfterSeconds: 30)) { try await ask(bench) }
    }

    @Test(arguments: [true, false])
    func sixtyChallengesWithoutAnswerEndAtFifty(isKnown: Bool) async throws {
        let bench = try TestBench()
        try await bench.enrol("alice")
        let subject = isKnown ? "alice" : "mallory"
        var issued = 0
        for attempt in 0..<60 {
            do {
                _ = try await askRemotely(bench, subject)
                issued += 1
            } catch {
                #expect(error == .lockedOut(retryAfterSeconds: -1), "attempt \(attempt)")
            }
            bench.clock.advance(seconds: 30)
        }
        #expect(issued == 50)
        bench.clock.advance(seconds: 365 * 86_400)
        await #expect(throws: VerifierError.lockedOut(retryAfterSeconds: -1)) { try await askRemotely(bench, subject) }
        try await bench.verifier.unlock(subject: "alice")
        if isKnown { _ = try await askRemotely(bench, subject) }
    }

    @Test func countersSurviveARestart() async throws {
        let bench = try TestBench()
        try await bench.enrol("alice")
        for _ in 0..<5 {
            _ = try await ask(bench)
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
        for _ in 0..<4 { _ = try await ask(bench) }
        try await bench.login("alice")
        for _ in 0..<5 { _ = try await ask(bench) }
        await #expect(throws: VerifierError.lockedOut(retryAfterSeconds: 30)) { try await ask(bench) }
    }

    @Test func aFailedProofClearsNothing() async throws {
        let bench = try TestBench()
        try await bench.enrol("alice")
        for _ in 0..<5 {
            let connection = ConnectionIdentity()
            let challenge = try await bench.verifier.challenge(
                subject: "alice",
                purpose: "login",
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

    @Test func subjectsDoNotLockEachOtherOut() async throws {
        let bench = try TestBench()
        try await bench.enrol("alice")
        try await bench.enrol("bob")
        for _ in 0..<5 { _ = try await ask(bench) }
        await #expect(throws: VerifierError.lockedOut(retryAfterSeconds: 30)) { try await ask(bench) }
        _ = try await ask(bench, "bob")
    }

    /// The subject counts over all his templates, and each template by itself.
    @Test func twoTemplatesOfASubjectShareTheSubjectsLimit() async throws {
        let bench = try TestBench()
        try await bench.enrol("alice", modality: .face)
        try await bench.enrol("alice", label: "thumb", modality: .fingerprint)
        for index in 0..<5 {
            _ = try await bench.verifier.challenge(
                subject: "alice",
                purpose: "login",
                modality: index.isMultiple(of: 2) ? "face" : "fingerprint",
                for: .local(connection: ConnectionIdentity(), uid: 0)
            )
        }
        await #expect(throws: VerifierError.lockedOut(retryAfterSeconds: 30)) { try await ask(bench) }
    }

    @Test func theCommitmentCountsToo() async throws {
        let bench = try TestBench()
        let commitment = try await bench.enrol("alice")
        for _ in 0..<5 { _ = try await ask(bench) }
        // The subject's counter alone is forgotten.
        let pseudonym = bench.keys.decoys.pseudonym(of: "alice")
        try await bench.verifier.session { try $0.clearCounter(.subject, key: pseudonym) }
        await #expect(throws: VerifierError.lockedOut(retryAfterSeconds: 30)) { try await ask(bench) }
        try await bench.verifier.session { try $0.clearCounter(.commitment, key: commitment.bytes) }
        _ = try await ask(bench)
    }

    @Test func rotationChallengesCount() async throws {
        let bench = try TestBench()
        try await bench.enrol("alice")
        for _ in 0..<5 {
            _ = try await bench.verifier.rotateChallenge(
                subject: "alice",
                modality: "face",
                label: "default",
                kind: "reblind",
                samples: 1,
                for: .local(connection: ConnectionIdentity(), uid: 0)
            )
        }
        await #expect(throws: VerifierError.lockedOut(retryAfterSeconds: 30)) { try await ask(bench) }
    }

    @Test func aStepOfTheWallClockDoesNotShortenTheWait() async throws {
        let bench = try TestBench()
        try await bench.enrol("alice")
        for _ in 0..<5 { _ = try await ask(bench) }
        bench.clock.step(seconds: 86_400)
        await #expect(throws: VerifierError.lockedOut(retryAfterSeconds: 30)) { try await ask(bench) }
        bench.clock.step(seconds: -2 * 86_400)
        await #expect(throws: VerifierError.lockedOut(retryAfterSeconds: 30)) { try await ask(bench) }
    }

    @Test func aRebootDoesNotShortenTheWait() async throws {
        let bench = try TestBench()
        try await bench.enrol("alice")
        for _ in 0..<5 { _ = try await ask(bench) }
        bench.clock.reboot(seconds: 3600, boot: 2)
        try bench.restart()
        await #expect(throws: VerifierError.lockedOut(retryAfterSeconds: 29)) { try await ask(bench) }
        bench.clock.advance(seconds: 29)
        _ = try await ask(bench)
    }

    @Test func theLimiterDecidesByItsTable() {
        let limiter = AttemptLimiter()
        let then = ClockReading(unixSeconds: 1000, bootMilliseconds: 500_000, bootIdentity: [1])
        func decision(_ issued: Int, _ milliseconds: UInt64) -> AttemptLimiter.Decision {
            var now = then
            now.bootMilliseconds += milliseconds
            return limiter.decide(issued: issued, last: then, now: now)
        }
        #expect(limiter.decide(issued: 0, last: nil, now: then) == .allowed)
        #expect(decision(4, 0) == .allowed)
        #expect(decision(5, 0) == .wait(seconds: 30))
        #expect(decision(5, 29_999) == .wait(seconds: 1))
        #expect(decision(5, 30_000) == .allowed)
        #expect(decision(49, 30_000) == .allowed)
        #expect(decision(50, .max / 2) == .locked)
        #expect(decision(Int.max, 0) == .locked)
    }
}
