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

    @Test("a remote site has one row, whatever it calls its purposes")
    func matters() async throws {
        try await ProverBench.run { bench in
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
            // A user's own program cannot end the row of root's by a yes of its own.
            #expect(try matter(local, "sudo", root) != matter(local, "sudo", alice))
        }
    }
}
