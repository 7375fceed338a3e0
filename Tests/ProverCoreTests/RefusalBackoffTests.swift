import ServiceSupport
import Testing

@testable import ProverCore

@Suite("who says no is not asked again at once")
struct RefusalBackoffTests {
    private let sudo = RefusalBackoff.Matter(subject: 1, asker: "unix:/v sudo")
    private let start = ContinuousClock.now

    @Test("the waits grow to a limit, and end with a yes or with time")
    func waits() {
        let backoff = RefusalBackoff()
        var now = start
        for expected in [nil, 10, 20, 40, 80, 160, 300, 300] as [Int?] {
            backoff.refused(sudo, at: now)
            #expect(backoff.delay(for: sudo, at: now) == expected)
            if let expected {
                #expect(backoff.delay(for: sudo, at: now + .seconds(expected) - .milliseconds(1)) == 1)
                now += .seconds(expected)
            }
            #expect(backoff.delay(for: sudo, at: now) == nil)
        }
        backoff.allowed(sudo)
        backoff.refused(sudo, at: now)
        #expect(backoff.delay(for: sudo, at: now) == nil)
        backoff.refused(sudo, at: now)
        #expect(backoff.delay(for: sudo, at: now) == 10)
        now += .seconds(900)
        backoff.refused(sudo, at: now)
        #expect(backoff.delay(for: sudo, at: now) == nil)
    }

    @Test("other people, services and sites are asked")
    func others() {
        let backoff = RefusalBackoff()
        for _ in 0..<100 { backoff.refused(sudo, at: start) }
        #expect(backoff.delay(for: sudo, at: start) == 300)
        for other in [
            RefusalBackoff.Matter(subject: 2, asker: sudo.asker), .init(subject: 1, asker: "unix:/v su"),
            .init(subject: 1, asker: "https://v"),
        ] {
            #expect(backoff.delay(for: other, at: start) == nil)
        }
    }

    @Test("the table is bounded, and its newest rows stay")
    func bounded() {
        let backoff = RefusalBackoff(limits: .init(matters: 8))
        for index in 0..<100 {
            let matter = RefusalBackoff.Matter(subject: 1, asker: "\(index)")
            for _ in 0..<2 { backoff.refused(matter, at: start + .milliseconds(index)) }
        }
        let kept = (0..<100).filter { index in
            backoff.delay(for: .init(subject: 1, asker: "\(index)"), at: start + .seconds(1)) != nil
        }
        #expect(kept == Array(92..<100))
    }

    @Test("a question counts as refused until it is said what became of it, and once")
    func provisional() {
        func ask(_ backoff: RefusalBackoff, _ pid: Int32, _ seconds: Int) -> Int? {
            backoff.put(sudo, by: pid, atTerminal: true, at: start + .seconds(seconds))
        }
        // Askers that are killed: the next waits for the rest of five seconds, then as after any refusal.
        let killed = RefusalBackoff()
        #expect(ask(killed, 1, 0) == nil)
        for pid in Int32(2)...8 { #expect(ask(killed, pid, 1) == 4) }
        #expect(ask(killed, 2, 5) == nil)
        #expect(ask(killed, 3, 6) == 9)
        #expect(ask(killed, 3, 15) == nil)
        #expect(ask(killed, 4, 16) == 19)
        // The first no is free, whenever it comes, and the second is not.
        let refused = RefusalBackoff()
        for (pid, time) in [(Int32(1), 0), (2, 20)] {
            #expect(ask(refused, pid, time) == nil)
            refused.refused(sudo, by: pid, at: start + .seconds(time + 20))
        }
        #expect(ask(refused, 3, 40) == 10)
        // A password takes its own question back, and no other's.
        #expect(ask(refused, 3, 50) == nil)
        refused.withdraw(sudo, by: 3)
        refused.withdraw(sudo, by: 2)
        #expect(ask(refused, 4, 50) == nil)
        #expect(ask(refused, 5, 50) == 20)
        refused.withdraw(sudo, by: 5)
        #expect(ask(refused, 5, 50) == 20)
        refused.allowed(sudo)
        #expect(ask(refused, 5, 50) == nil)
        // Nothing but passwords leaves nothing behind.
        let answered = RefusalBackoff()
        for time in 0..<9 {
            #expect(ask(answered, 1, time) == nil)
            answered.withdraw(sudo, by: 1)
        }
    }

    @Test("questions that nobody answers for ever stay refusals, and few are told apart")
    func abandoned() {
        let backoff = RefusalBackoff()
        for index in 0..<40 {
            let now = start + .seconds(300 * index)
            #expect(backoff.put(sudo, by: Int32(index), atTerminal: true, at: now) == nil)
            if index > 5 { #expect(backoff.delay(for: sudo, at: now) == 300) }
        }
    }

    @Test("who fills the table pushes out his own rows, not another's nor those of root's services")
    func floods() {
        let backoff = RefusalBackoff(limits: .init(matters: 64, mattersOfFamily: 16))
        let kept = [
            RefusalBackoff.Matter(subject: 1, service: "sudo", user: 1), .init(subject: 1, service: "su", user: 2),
            .init(subject: 2, asker: "https://v"),
        ]
        for matter in kept { for _ in 0..<2 { backoff.refused(matter, at: start) } }
        for index in 0..<1000 {
            let now = start + .milliseconds(index + 1)
            backoff.refused(.init(subject: 1, asker: "https://\(index)"), at: now)
            backoff.refused(.init(subject: UInt32(index % 40), service: "su", user: 3), at: now)
        }
        for matter in kept { #expect(backoff.delay(for: matter, at: start + .seconds(1)) == 9) }
    }

    @Test("a remote site has one row, whatever it calls its purposes")
    func matters() async throws {
        try await ProverBench.run { bench in
            _ = try await bench.enrol()
            func matter(_ origin: Origin, _ purpose: String, _ caller: Request) throws -> RefusalBackoff.Matter {
                let challenge = try bench.challenge { $0.purpose = purpose }.challenge
                let question = ConsentQuestion([challenge], origin: origin, caller)
                return RefusalBackoff.Matter(question, subject: 1, caller)
            }
            let local = try #require(Origin("unix:/run/semblance/verifier"))
            let (root, alice, remote) = (bench.root, bench.alice, ProverBench.loopback)
            #expect(try matter(remote, "a", root) == matter(remote, "b", alice))
            #expect(try matter(local, "sudo", root) != matter(local, "su", root))
            #expect(try matter(local, "sudo", root) == .init(subject: 1, service: "sudo"))
            // Nor is what one user makes su ask counted against another.
            func su(_ user: UInt32) throws -> RefusalBackoff.Matter {
                try matter(local, "su", Request(peer: 0, confirm: true, asker: user))
            }
            #expect(try su(1) == .init(subject: 1, service: "su", user: 1))
            #expect(try su(1) != su(2))
            // A user's own program cannot end the row of root's by a yes of its own.
            #expect(try matter(local, "sudo", root) != matter(local, "sudo", alice))
        }
    }
}
