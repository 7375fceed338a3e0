import Encoding
import Foundation
import Interfaces
import Presence
import Synchronization
import Testing
import Varlink

@testable import ProverCore

@Suite("before a capture: presence, consent, rate")
struct AdmissionTests {
    private func login(_ bench: ProverBench, lifetime: UInt64 = 60) async throws {
        _ = try await bench.login(at: ProverBench.loopback) { $0.lifetime = lifetime }
    }

    /// Alice is enrolled at a remote verifier; nobody attends any more.
    private func withoutAgents(
        presence: PresencePolicy = .none,
        change: (inout ProverSettings) -> Void = { _ in },
        _ body: (ProverBench) async throws -> Void
    ) async throws {
        try await ProverBench.run(presence: presence, change: change, attends: false) { bench in
            let agent = try #require(bench.attend(uid: 0, answer: true))
            try await bench.enrol(at: ProverBench.loopback)
            bench.prover.desk.remove(agent)
            try await body(bench)
        }
    }

    @Test("nobody here: nothing is captured, for no method")
    func presence() async throws {
        let absent = Mutex(false)
        let policy = PresencePolicy { caller, subject throws(PresenceRefusal) in
            if absent.withLock({ $0 }) { throw .remoteSession }
            return subject
        }
        try await ProverBench.run(presence: policy) { bench in
            _ = try await bench.enrol()
            let captures = bench.sensor.captures
            absent.withLock { $0 = true }
            let expected = ProverFailure.presenceRequired(reason: PresenceRefusal.remoteSession.reason)
            for caller in [bench.alice, bench.root] {
                await #expect(throws: expected) {
                    try await bench.prover.prove(bench.challenge().bytes, by: caller)
                }
                await #expect(throws: expected) {
                    try await bench.prover.rotate(bench.challenge { $0.role = .reblind }.bytes, by: caller)
                }
                await #expect(throws: expected) {
                    try await bench.prover.enroll(bench.enrolChallenge { $0.label = "two" }.bytes, by: caller)
                }
            }
            #expect(bench.sensor.captures == captures)
        }
    }

    @Test("who leaves while he waits for the sensor is not captured; who leaves during the capture gets no proof")
    func presenceLater() async throws {
        for (last, isCaptured) in [(5, false), (6, true)] {
            let calls = Mutex(0)
            let policy = PresencePolicy { caller, subject throws(PresenceRefusal) in
                let count = calls.withLock { count in
                    count += 1
                    return count
                }
                // 1 to 3: the enrolment; 4: the login, before it waits; 5: before the capture; 6: after it
                if count == last { throw .inactiveSession }
                return subject
            }
            try await ProverBench.run(presence: policy) { bench in
                _ = try await bench.enrol()
                let captures = bench.sensor.captures
                await #expect(throws: ProverFailure.presenceRequired(reason: PresenceRefusal.inactiveSession.reason)) {
                    try await bench.prover.prove(bench.challenge().bytes, by: bench.alice)
                }
                #expect((bench.sensor.captures > captures) == isCaptured)
                // And the sensor is free.
                _ = try await bench.prover.prove(bench.challenge().bytes, by: bench.alice)
            }
        }
    }

    @Test("a remote verifier gets nothing without a yes")
    func consent() async throws {
        try await withoutAgents { bench in
            let captures = bench.sensor.captures
            await #expect(throws: ProverFailure.consentRequired) {
                try await login(bench)
            }
            // Another user's agent is not asked.
            let bobs = try #require(bench.attend(uid: ProverBench.bobUID, answer: true))
            await #expect(throws: ProverFailure.consentRequired) {
                try await login(bench)
            }
            bench.prover.desk.remove(bobs)
            let no = try #require(bench.attend(uid: ProverBench.aliceUID, answer: false))
            await #expect(throws: ProverFailure.consentRefused(retryAfterSeconds: nil)) {
                try await login(bench)
            }
            bench.prover.desk.remove(no)
            #expect(bench.sensor.captures == captures)
            let seen = Mutex<[[String: JSON]]>([])
            for uid in [ProverBench.aliceUID, 0] {
                let yes = try #require(
                    bench.attend(uid: uid, answer: true) { question in seen.withLock { $0.append(question) } }
                )
                try await login(bench)
                bench.prover.desk.remove(yes)
            }
            let question = try #require(seen.withLock { $0.first })
            #expect(question["audience"] == "host" && question["purpose"] == "login" && question["subject"] == "alice")
            #expect(question["origin"] == .string(ProverBench.loopback.text))
            #expect(question["modality"] == "face" && question["role"] == "authenticate" && question["seconds"] == 60)
            let method = try #require(VarlinkInterface.agent.methods["Attend"])
            #expect(VarlinkInterface.agent.mismatch(of: question, with: method.output) == nil)
        }
    }

    @Test("a verifier on this machine asks nobody, unless the caller wants it to")
    func localConsent() async throws {
        try await ProverBench.run(attends: false) { bench in
            _ = try await bench.enrol()
            _ = try await bench.prover.prove(bench.challenge().bytes, by: bench.alice)
            let request = Request(peer: ProverBench.aliceUID, confirm: true)
            await #expect(throws: ProverFailure.consentRequired) {
                try await bench.prover.prove(bench.challenge().bytes, by: request)
            }
            _ = bench.attend(uid: ProverBench.aliceUID, answer: true)
            _ = try await bench.prover.prove(bench.challenge().bytes, by: request)
        }
    }

    @Test("silence is a refusal, agents that leave take their question along, and an old challenge dies of the wait")
    func silence() async throws {
        try await withoutAgents(change: { $0.consent.seconds = 1 }) { bench in
            let captures = bench.sensor.captures
            let silent = try #require(bench.attend(uid: ProverBench.aliceUID, answer: nil))
            await #expect(throws: ProverFailure.consentRefused(retryAfterSeconds: nil)) {
                try await login(bench)
            }
            let waiting = Task { try await login(bench) }
            try await Task.sleep(for: .milliseconds(200))
            bench.prover.desk.remove(silent)
            await #expect(throws: ProverFailure.consentRequired) { try await waiting.value }
            // The person takes longer than the challenge lives.
            let slow = try #require(
                bench.attend(uid: ProverBench.aliceUID, answer: true) { _ in bench.pass(100) }
            )
            await #expect(throws: ProverFailure.challengeRefused) {
                try await login(bench, lifetime: 50)
            }
            bench.prover.desk.remove(slow)
            #expect(bench.sensor.captures == captures)
        }
    }

    @Test("only the subject and root answer, once, and agents and questions are bounded")
    func answers() async throws {
        try await withoutAgents(change: { $0.refusals.free = 9 }) { bench in
            let desk = bench.prover.desk
            let asked = Mutex<[String]>([])
            let agent = try #require(
                bench.attend(uid: ProverBench.aliceUID, answer: nil) { question in
                    if case .string(let id)? = question["id"], question["seconds"] != 0 {
                        asked.withLock { $0.append(id) }
                    }
                }
            )
            let questions = (0..<5).map { _ in Task { try await login(bench) } }
            while asked.withLock({ $0.count }) < 4 { try await Task.sleep(for: .milliseconds(5)) }
            try await Task.sleep(for: .milliseconds(50))
            let ids = asked.withLock { $0 }
            #expect(Set(ids).count == 4)
            let first = try #require(ids.first)
            #expect(!desk.answer(first, by: ProverBench.bobUID, allow: true))
            #expect(!desk.answer("0", by: 0, allow: true))
            #expect(desk.answer(first, by: ProverBench.aliceUID, allow: false))
            #expect(!desk.answer(first, by: ProverBench.aliceUID, allow: true))
            for id in ids.dropFirst() { #expect(desk.answer(id, by: 0, allow: false)) }
            var failures: [ProverFailure] = []
            for question in questions {
                do { _ = try await question.value } catch { failures.append(try #require(error as? ProverFailure)) }
            }
            #expect(failures.count { $0 == .consentRefused(retryAfterSeconds: nil) } == 4)
            #expect(failures.count { $0 == .busy } == 1)
            desk.remove(agent)
            let many = (0..<6).map { _ in bench.attend(uid: ProverBench.aliceUID, answer: nil) }
            #expect(many.compactMap { $0 }.count == 4)
            #expect(bench.attend(uid: 0, answer: nil) != nil)
        }
    }

    @Test("who has said no twice is not shown the third question; a yes is asked for again")
    func backoff() async throws {
        try await withoutAgents(change: { $0.refusals.first = 1 }) { bench in
            let shown = Mutex(0)
            let attend = { (answer: Bool) in
                bench.attend(uid: ProverBench.aliceUID, answer: answer) { question in
                    if question["seconds"] != 0 { shown.withLock { $0 += 1 } }
                }
            }
            let no = try #require(attend(false))
            for _ in 0..<2 {
                await #expect(throws: ProverFailure.consentRefused(retryAfterSeconds: nil)) { try await login(bench) }
            }
            bench.prover.desk.remove(no)
            let yes = try #require(attend(true))
            await #expect(throws: ProverFailure.consentRefused(retryAfterSeconds: 1)) { try await login(bench) }
            #expect(shown.withLock { $0 } == 2)
            try await Task.sleep(for: .milliseconds(1050))
            for _ in 0..<2 { try await login(bench) }
            #expect(shown.withLock { $0 } == 4)
            bench.prover.desk.remove(yes)
        }
    }

    @Test("a question that the asker withdraws counts as well, one that its own agent puts does not")
    func backoffOfWithdrawnQuestions() async throws {
        for isOwn in [false, true] {
            try await withoutAgents { bench in
                let pid = isOwn ? bench.alice.caller.pid : 1
                let caller = PeerCredentials(uid: ProverBench.aliceUID, gid: 0, pid: pid)
                let asked = Mutex(0)
                _ = bench.prover.desk.add(
                    ConsentDesk.Agent(caller: caller) { question in
                        if question["seconds"] != 0 { asked.withLock { $0 += 1 } }
                    }
                )
                for count in 1...3 {
                    let waiting = Task { try await login(bench) }
                    if count == 3, !isOwn {
                        await #expect(throws: ProverFailure.consentRefused(retryAfterSeconds: 10)) {
                            try await waiting.value
                        }
                        continue
                    }
                    while asked.withLock({ $0 }) < count { try await Task.sleep(for: .milliseconds(5)) }
                    waiting.cancel()
                    await #expect(throws: ProverFailure.poorSample(hint: "cancelled")) { try await waiting.value }
                }
            }
        }
    }

    @Test("programs that ask by themselves report a no, and are told to wait; a login ends the row")
    func questionsOfOthers() async throws {
        let absent = Mutex(false)
        let policy = PresencePolicy { caller, subject throws(PresenceRefusal) in
            if absent.withLock({ $0 }) { throw .remoteSession }
            return subject
        }
        try await ProverBench.run(presence: policy) { bench in
            _ = try await bench.enrol()
            let (prover, root) = (bench.prover, bench.root)
            for _ in 0..<2 {
                // Root's last: it counts from when it is put.
                for caller in [bench.alice, root] { try prover.checkQuestion("alice", "login", by: caller) }
                try prover.noteRefusal("alice", "login", by: root)
            }
            for caller in [root, bench.alice] {
                #expect(throws: ProverFailure.consentRefused(retryAfterSeconds: 10)) {
                    try prover.checkQuestion("alice", "login", by: caller)
                }
            }
            try prover.checkQuestion("alice", "su", by: root)
            try prover.checkQuestion("bob", "login", by: root)
            // Questions of agents are counted in the same row.
            let request = Request(peer: 0, confirm: true)
            await #expect(throws: ProverFailure.consentRefused(retryAfterSeconds: 10)) {
                try await prover.prove(bench.challenge().bytes, by: request)
            }
            // The user's own programs reach the sensor without a question, and end nothing.
            _ = try await prover.prove(bench.challenge().bytes, by: bench.alice)
            #expect(throws: ProverFailure.consentRefused(retryAfterSeconds: 10)) {
                try prover.checkQuestion("alice", "login", by: root)
            }
            _ = try await prover.prove(bench.challenge().bytes, by: root)
            try prover.checkQuestion("alice", "login", by: root)
            #expect(throws: ProverFailure.notAuthorized) { try prover.noteRefusal("alice", "login", by: bench.alice) }
            #expect(throws: ProverFailure.notAuthorized) { try prover.noteAnswer("alice", "login", by: bench.alice) }
            #expect(throws: ProverFailure.notAuthorized) { try prover.checkQuestion("alice", "login", by: bench.bob) }
            absent.withLock { $0 = true }
            let expected = ProverFailure.presenceRequired(reason: PresenceRefusal.remoteSession.reason)
            #expect(throws: expected) { try prover.checkQuestion("alice", "login", by: root) }
            // Who is elsewhere cannot keep the person here from being asked.
            #expect(throws: expected) { try prover.noteRefusal("alice", "login", by: root) }
        }
    }

    @Test("a program's question counts from when it is put: who kills the asker, or starts eight, is told to wait")
    func killedAskers() async throws {
        try await ProverBench.run { bench in
            _ = try await bench.enrol()
            let prover = bench.prover
            let asker = Request(peer: 0, asker: ProverBench.aliceUID)
            func refusal(_ seconds: Int) -> ProverFailure { .consentRefused(retryAfterSeconds: seconds) }
            // A password, or a yes even to a sensor that sees nobody, is no refusal.
            for _ in 0..<3 {
                try prover.checkQuestion("alice", "login", by: asker)
                try prover.noteAnswer("alice", "login", by: asker)
                try prover.checkQuestion("alice", "login", by: asker)
                _ = try? await prover.prove(bench.challenge { $0.dimension += 1 }.bytes, by: asker)
            }
            try prover.checkQuestion("alice", "login", by: asker)
            for _ in 0..<7 {
                #expect(throws: refusal(5)) { try prover.checkQuestion("alice", "login", by: asker) }
            }
            // Another's question about her, as of su, is another matter.
            try prover.checkQuestion("alice", "login", by: Request(peer: 0, asker: ProverBench.bobUID))
            // The no that comes late is the same refusal, and the first costs nothing.
            try prover.noteRefusal("alice", "login", by: asker)
            try prover.checkQuestion("alice", "login", by: asker)
            #expect(throws: refusal(10)) { try prover.checkQuestion("alice", "login", by: asker) }
            _ = try await prover.prove(bench.challenge().bytes, by: asker)
            try prover.checkQuestion("alice", "login", by: asker)
        }
    }

    @Test("agents show no more questions of a site at once than may be refused; who is his own agent nags no other")
    func questionsAtOnce() async throws {
        for isOwn in [false, true] {
            try await withoutAgents { bench in
                let shown = Mutex(0)
                _ = bench.attend(uid: ProverBench.aliceUID, answer: nil) { question in
                    if question["seconds"] != 0 { shown.withLock { $0 += 1 } }
                }
                let own = Mutex(0)
                if isOwn {
                    _ = bench.prover.desk.add(
                        ConsentDesk.Agent(caller: bench.alice.caller) { question in
                            if question["seconds"] != 0 { own.withLock { $0 += 1 } }
                        }
                    )
                }
                let questions = (0..<4).map { _ in Task { try await login(bench) } }
                while shown.withLock({ $0 }) + own.withLock({ $0 }) < 2 { try await Task.sleep(for: .milliseconds(5)) }
                try await Task.sleep(for: .milliseconds(100))
                for question in questions { question.cancel() }
                var refused = 0
                for question in questions {
                    if case .failure(let error) = await question.result,
                        error as? ProverFailure == .consentRefused(retryAfterSeconds: 10)
                    {
                        refused += 1
                    }
                }
                #expect(shown.withLock { $0 } == (isOwn ? 0 : 2))
                #expect(own.withLock { $0 } == (isOwn ? 4 : 0))
                #expect(refused == (isOwn ? 0 : 2))
            }
        }
    }

    @Test("the question says whose program has root's ask; nobody but root is believed")
    func askers() async throws {
        for (peer, words) in [(UInt32(0), "pid 9 of user 0 for user 1001"), (1001, "pid 9 of user 1001")] {
            let call = VarlinkCall(
                method: "Prove",
                parameters: Parameters(["confirm": true, "asker": 1001]),
                peer: PeerCredentials(uid: peer, gid: 0, pid: 9),
                connection: 1,
                wantsMore: true
            )
            try await ProverBench.run { bench in
                _ = try await bench.enrol()
                let question = ConsentQuestion(
                    [try bench.challenge().challenge],
                    origin: ProverBench.loopback,
                    Request(call)
                )
                #expect(question.caller == words)
            }
        }
        for uid in [JSON.integer(-1), .integer(1 << 32), .null] {
            let call = VarlinkCall(
                method: "Prove",
                parameters: Parameters(["asker": uid]),
                peer: PeerCredentials(uid: 0, gid: 0, pid: 9),
                connection: 1,
                wantsMore: true
            )
            #expect(Request(call).asker == nil)
        }
    }

    @Test("an agent that is not here is not asked")
    func absentAgents() async throws {
        let policy = PresencePolicy { caller, subject throws(PresenceRefusal) in
            // The agent's, but for that of the enrolment.
            if caller.pid == 1, caller.uid != 0 { throw .remoteSession }
            return subject
        }
        try await withoutAgents(presence: policy) { bench in
            _ = bench.attend(uid: ProverBench.aliceUID, answer: true)
            await #expect(throws: ProverFailure.consentRequired) {
                try await login(bench)
            }
        }
    }

    @Test("successes come at a person's pace; failures are the lock-out's")
    func rate() async throws {
        try await ProverBench.run(change: { $0.budget = .init(burst: 3, seconds: 1000) }) { bench in
            _ = try await bench.enrol()  // one
            for _ in 0..<2 { _ = try await bench.prover.prove(bench.challenge().bytes, by: bench.alice) }
            let captures = bench.sensor.captures
            for caller in [bench.alice, bench.root] {
                do {
                    _ = try await bench.prover.prove(bench.challenge().bytes, by: caller)
                    Issue.record("it was proved")
                } catch ProverFailure.tooManyProofs(let seconds) {
                    #expect((990...1000).contains(seconds))
                }
            }
            #expect(bench.sensor.captures == captures)
        }
    }

    @Test("every failure has its declared error")
    func replies() {
        for failure in [
            ProverFailure.presenceRequired(reason: "r"), .passwordRequired(reason: "r"), .consentRequired,
            .consentRefused(retryAfterSeconds: nil),
            .consentRefused(retryAfterSeconds: 3), .tooManyProofs(retryAfterSeconds: 3), .internalFault,
        ] {
            #expect(failure.reply.fits(.prover), "\(failure)")
        }
    }
}
