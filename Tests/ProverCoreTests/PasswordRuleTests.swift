import Interfaces
import ServiceSupport
import Testing
import Vault

@testable import ProverCore

@Suite("a password first")
struct PasswordRuleTests {
    private static func reading(wall: UInt64, boot: UInt64, name: UInt8? = 1) -> ClockReading {
        ClockReading(
            unixSeconds: wall,
            bootMilliseconds: boot * 1000,
            bootIdentity: name.map { [UInt8](repeating: $0, count: 16) } ?? []
        )
    }

    private static let now = reading(wall: 1_800_010_000, boot: 10_000)

    private func obstacle(_ rule: PasswordRule, last: ClockReading?, failures: Int = 0) -> String? {
        rule.obstacle(PasswordHistory(last: last, failures: failures, now: Self.now))
    }

    @Test("once a boot; where boots have no name, always")
    func boot() {
        let rule = PasswordRule(afterBoot: true)
        let words = "it was not entered since this computer was started"
        #expect(obstacle(rule, last: nil) == words)
        #expect(obstacle(rule, last: Self.reading(wall: 1_800_000_000, boot: 1)) == nil)
        #expect(obstacle(rule, last: Self.reading(wall: 1_800_009_999, boot: 9_999, name: 2)) == words)
        #expect(obstacle(rule, last: Self.reading(wall: 1_800_009_999, boot: 9_999, name: nil)) == words)
        #expect(obstacle(rule, last: nil, failures: 49) == words)
    }

    @Test("hours by the time since boot; across boots by whichever clock shows more; set back: long ago")
    func hours() {
        let rule = PasswordRule(afterHours: 2)
        let words = "it was not entered for 2 hours"
        #expect(obstacle(rule, last: nil) == "it was not entered yet")
        // 7,200 s are two hours; the wall clock says nothing within one boot.
        #expect(obstacle(rule, last: Self.reading(wall: 0, boot: 2_801)) == nil)
        #expect(obstacle(rule, last: Self.reading(wall: 1_800_010_000, boot: 2_800)) == words)
        #expect(obstacle(rule, last: Self.reading(wall: 1_800_010_000, boot: 10_001)) == words)
        // Of another boot: up for 10,000 s, so it is longer ago than that.
        #expect(obstacle(rule, last: Self.reading(wall: 1_800_009_999, boot: 1, name: 2)) == words)
        let long = PasswordRule(afterHours: 3)
        #expect(obstacle(long, last: Self.reading(wall: 1_799_999_201, boot: 1, name: 2)) == nil)
        #expect(obstacle(long, last: Self.reading(wall: 1_799_999_200, boot: 1, name: 2)) != nil)
        #expect(obstacle(long, last: Self.reading(wall: 1_800_010_001, boot: 1, name: 2)) != nil)
        let short = PasswordRule(afterHours: 1)
        #expect(obstacle(short, last: Self.reading(wall: 0, boot: 0)) == "it was not entered for an hour")
    }

    @Test("failures in a row; a rule without members demands nothing")
    func failures() {
        let rule = PasswordRule(afterFailures: 3)
        #expect(obstacle(rule, last: nil, failures: 2) == nil)
        #expect(obstacle(rule, last: Self.now, failures: 3) == "the last 3 tries failed")
        #expect(obstacle(PasswordRule(afterFailures: 1), last: nil, failures: 1) == "the last try failed")
        #expect(obstacle(PasswordRule(), last: nil, failures: 49) == nil)
        #expect(obstacle(PasswordRule(afterBoot: false), last: nil) == nil)
    }

    @Test("limits of the rule, each named")
    func limits() throws {
        for (rule, key) in [
            (PasswordRule(afterHours: 0), "afterHours"), (PasswordRule(afterHours: 8761), "afterHours"),
            (PasswordRule(afterHours: .max), "afterHours"),
            (PasswordRule(afterFailures: 0), "afterFailures"), (PasswordRule(afterFailures: 50), "afterFailures"),
        ] {
            #expect { try rule.check() } throws: { "\($0)".contains("\"passwordFirst.\(key)\"") }
        }
        try PasswordRule(afterBoot: true, afterHours: 8760, afterFailures: 49).check()
    }

    private static let missing = ProverFailure.passwordRequired(
        reason: "it was not entered since this computer was started"
    )

    @Test("nothing is asked, captured or charged before; root's word lets it through, and nobody else's")
    func login() async throws {
        try await ProverBench.run(change: { $0.passwordFirst = PasswordRule(afterBoot: true) }) { bench in
            // Enrolling is another rule's.
            _ = try await bench.enrol()
            let captures = bench.sensor.captures
            for caller in [bench.alice, bench.root] {
                await #expect(throws: Self.missing) {
                    try await bench.prover.prove(bench.challenge().bytes, by: caller)
                }
                #expect(throws: Self.missing) { try bench.prover.checkQuestion("alice", "sudo", by: caller) }
            }
            #expect(bench.sensor.captures == captures)
            #expect(throws: ProverFailure.notAuthorized) {
                try bench.prover.notePassword("alice", "sudo", by: bench.alice)
            }
            #expect(throws: ProverFailure.notAuthorized) {
                try bench.prover.notePassword("nobody-here", "sudo", by: bench.root)
            }
            // Bob's password is not alice's.
            try bench.prover.notePassword("bob", "sudo", by: bench.root)
            await #expect(throws: Self.missing) {
                try await bench.prover.prove(bench.challenge().bytes, by: bench.alice)
            }
            try bench.prover.notePassword("alice", "sudo", by: bench.root)
            _ = try await bench.prover.prove(bench.challenge().bytes, by: bench.alice)
            try bench.prover.checkQuestion("alice", "sudo", by: bench.alice)
        }
    }

    @Test("a rotation is as a login: by it failed tries would be forgiven")
    func rotation() async throws {
        try await ProverBench.run(change: { $0.passwordFirst = PasswordRule(afterBoot: true) }) { bench in
            _ = try await bench.enrol()
            await #expect(throws: Self.missing) {
                try await bench.prover.rotate(bench.challenge { $0.role = .reblind }.bytes, by: bench.alice)
            }
            try bench.prover.notePassword("alice", "sudo", by: bench.root)
            _ = try await bench.prover.rotate(bench.challenge { $0.role = .reblind }.bytes, by: bench.alice)
        }
    }

    @Test("root tries a new enrolment out; nobody else can say that it is that")
    func setup() async throws {
        try await ProverBench.run(change: { $0.passwordFirst = PasswordRule(afterBoot: true) }) { bench in
            _ = try await bench.enrol()
            let challenge = try bench.challenge { $0.purpose = "setup" }
            let expected = ChallengeExpectation(challenge.challenge, at: ChallengeExpectation.socket)
            await #expect(throws: Self.missing) {
                try await bench.prover.prove(challenge.bytes, expected: expected, by: bench.alice)
            }
            _ = try await bench.prover.prove(challenge.bytes, expected: expected, by: bench.root)
        }
    }

    @Test("a password grows old, and forgives failures where they are counted")
    func ages() async throws {
        let rule = PasswordRule(afterHours: 1, afterFailures: 2)
        try await ProverBench.run(change: { $0.passwordFirst = rule }) { bench in
            _ = try await bench.enrol()
            try bench.prover.notePassword("alice", "login", by: bench.root)
            for _ in 0..<2 { try bench.vault.beginAttempt("alice", .fingerprint) }
            await #expect(throws: ProverFailure.passwordRequired(reason: "the last 2 tries failed")) {
                try await bench.prover.prove(bench.challenge().bytes, by: bench.alice)
            }
            try bench.prover.notePassword("alice", "login", by: bench.root)
            _ = try await bench.prover.prove(bench.challenge().bytes, by: bench.alice)
            bench.pass(3600)
            await #expect(throws: ProverFailure.passwordRequired(reason: "it was not entered for an hour")) {
                try await bench.prover.prove(bench.challenge().bytes, by: bench.alice)
            }
        }
    }

    @Test("without the rule a password is not written down, and forgives nothing")
    func noRule() async throws {
        try await ProverBench.run { bench in
            try bench.vault.beginAttempt("alice", .face)
            try bench.prover.notePassword("alice", "login", by: bench.root)
            let history = try bench.vault.passwordHistory(of: "alice")
            #expect(history.last == nil)
            #expect(history.failures == 1)
        }
    }
}
