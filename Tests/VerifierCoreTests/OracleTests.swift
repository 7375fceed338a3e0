import GRDB
import Interfaces
import Sodium
import Statement
import Testing

@testable import VerifierCore

/// What a stranger could learn by asking: who is enrolled, and when he logs in. Each test is the attack.
@Suite(.serialized) struct OracleTests {
    private static let requests = 2000

    /// What a stranger sees of `subject` with one request.
    private func look(
        _ bench: TestBench,
        _ subject: String,
        label: String? = nil,
        as stranger: SigningKey = SigningKey()
    ) async throws -> String {
        do {
            let bytes = try await bench.verifier.challenge(
                subject: subject,
                purpose: "login",
                label: label,
                for: TestBench.requester(stranger)
            )
            return try SignedChallenge(decoding: bytes).challenge.decoyFields
        } catch let error as VerifierError {
            return "\(error)"
        }
    }

    /// Enrolment, login, refused proofs, lock-out, rotation, a label of his own, revocation: a stranger sees the same
    /// bytes of the same name before and after.
    @Test func whatHappensToASubjectChangesNothingForStrangers() async throws {
        let bench = try TestBench(policy: try TestBench.policy(decoyLabels: ["default", "right-index"]))
        let names = (0..<40).map { "user \($0)" }
        func looks() async throws -> [String] {
            var looks: [String] = []
            for name in names {
                for label in [nil, "default", "right-index", "my own word"] {
                    looks.append(try await look(bench, name, label: label))
                }
            }
            return looks
        }
        let before = try await looks()
        var devices: [SigningKey] = []
        for name in names {
            let device = SigningKey()
            try await bench.enrol(name, label: "my own word", device: device)
            try await bench.enrol(name)
            devices.append(device)
        }
        #expect(try await looks() == before)
        for (name, device) in zip(names, devices) {
            try await bench.login(name, from: device)
            for _ in 0..<5 { try await bench.fail(name, from: device) }
            for _ in 0..<5 { try await bench.fail(name) }
        }
        #expect(try await looks() == before)
        for name in names.prefix(20) {
            try await bench.verifier.unlock(subject: name)
            let connection = ConnectionIdentity()
            let rotation = try await bench.verifier.rotateChallenge(
                subject: name,
                modality: "face",
                label: "default",
                kind: "reblind",
                samples: 1,
                for: .local(connection: connection, uid: 0)
            )
            _ = try await bench.verifier.rotate(
                proof: try bench.proof(rotation, newTemplate: TestBench.randomCommitment()),
                from: .local(connection: connection, uid: 0)
            )
        }
        for name in names.suffix(20) {
            try await bench.verifier.revoke(
                subject: name,
                modality: "face",
                label: "my own word",
                for: .administrator
            )
        }
        #expect(try await looks() == before)
    }

    /// A record keeps the bounds that it was made under; strangers see the new policy's for everybody.
    @Test func aNewPolicySetsNobodyApart() async throws {
        let bench = try TestBench()
        for index in 0..<40 { try await bench.enrol("known \(index)", device: SigningKey()) }
        let stricter = try #require(
            AllowedModel(
                identity: Array(repeating: 0x6d, count: 32),
                modality: .face,
                dimension: 128,
                threshold: 24_000,
                minimumNorm: 4000
            )
        )
        try bench.restart(policy: try Policy(models: [stricter, try #require(TestBench.fingerModel)]))
        func forms(_ kind: String) async throws -> Set<String> {
            var forms: Set<String> = []
            for index in 0..<40 {
                let bytes = try await bench.challenge("\(kind) \(index)", from: SigningKey())
                let challenge = try SignedChallenge(decoding: bytes).challenge
                forms.insert(
                    "\(challenge.modality) \(challenge.threshold) \(challenge.assurance) \(challenge.label)"
                )
            }
            return forms
        }
        let known = try await forms("known")
        #expect(known == ["face 24000 match default", "fingerprint 20000 match default"])
        #expect(try await forms("other") == known)
    }

    /// A stranger asks as often as he likes, so no counter that he can read can tell him anything; and it costs nothing
    /// to keep.
    @Test func strangersHaveNoCountersAndLeaveNoRows() async throws {
        let bench = try TestBench()
        let device = SigningKey()
        try await bench.enrol("alice", device: device)
        func rows() throws -> Int {
            try bench.verifier.store.pool.read { database in
                try ["audit", "attempt", "consumedNonce"].reduce(0) {
                    $0 + (try Int.fetchOne(database, sql: "SELECT COUNT(*) FROM \($1)") ?? 0)
                }
            }
        }
        let before = try rows()
        let stranger = SigningKey()
        for _ in 0..<200 {
            for subject in ["alice", "mallory"] {
                #expect(try await !look(bench, subject, as: stranger).contains("lockedOut"))
            }
        }
        #expect(try rows() == before)
        try await bench.login("alice", from: device)
        for subject in ["alice", "mallory"] {
            #expect(try await !look(bench, subject, as: stranger).contains("lockedOut"))
        }
    }

    /// Neither does a stranger's proof: it is refused under a name that is enrolled and under one that is not, leaves one
    /// line for an hour of them, and uses up nothing in the database.
    @Test func strangersProofsFillNothing() async throws {
        let bench = try TestBench()
        try await bench.enrol("alice", device: SigningKey())
        let stranger = SigningKey()
        for _ in 0..<50 {
            for subject in ["alice", "mallory"] { try await bench.fail(subject, from: stranger) }
        }
        let counts = try await bench.verifier.store.pool.read { database in
            (
                try Int.fetchOne(database, sql: "SELECT COUNT(*) FROM attempt"),
                // The enrolment's.
                try Int.fetchOne(database, sql: "SELECT COUNT(*) FROM consumedNonce")
            )
        }
        #expect(counts.0 == 0 && counts.1 == 1)
        #expect(try bench.audit().filter { $0.kind == .refused }.map(\.count) == [50, 50])
    }

    /// With a full registry, for known and unknown subjects alike: the same statements, each of which finds its rows by
    /// an index, and none that writes.
    @Test func theStatementsAreTheSame() async throws {
        let log = StatementLog()
        let bench = try TestBench(trace: { log.append($0) })
        try await bench.enrol("alice", device: SigningKey())
        try await bench.enrol("alice", label: "desk")
        for _ in 0..<5 { try await bench.fail("alice") }
        func statements(_ subject: String, label: String? = nil) async throws -> [String] {
            _ = log.take()
            _ = try await look(bench, subject, label: label)
            // The values differ: a name is as good as another.
            return log.take().map { $0.replacing(subject, with: "SUBJECT") }.map(Self.withoutBlobs)
        }
        // Both prepare their statements the first time.
        _ = try await statements("alice")
        let known = try await statements("alice")
        let unknown = try await statements("mallo")
        #expect(known == unknown)
        #expect(!known.isEmpty)
        #expect(try await statements("alice", label: "desk") == statements("mallo", label: "desk"))
        for statement in known {
            #expect(!["INSERT", "UPDATE", "DELETE"].contains { statement.hasPrefix($0) }, "\(statement)")
            guard statement.hasPrefix("SELECT") else { continue }
            let plan = try await bench.verifier.store.pool.read {
                try Row.fetchAll($0, sql: "EXPLAIN QUERY PLAN " + statement).map { $0["detail"] as String }
            }
            // One row.
            #expect(plan.allSatisfy { !$0.hasPrefix("SCAN") || $0.hasPrefix("SCAN identity") }, "\(statement) \(plan)")
        }
    }

    /// Two thousand requests each about enrolled subjects and about others, in random order, from devices that are not
    /// enrolled. The bytes have one form; the times are printed, and what they come from is compared above.
    @Test func twoThousandRequestsEach() async throws {
        let bench = try TestBench()
        var random = SystemRandom()
        for index in 0..<500 { try await bench.enrol("known \(index)", device: SigningKey()) }
        let warm = (0..<200).map { "warm \($0)" }
        for name in warm { _ = try await look(bench, name) }
        var times: [Bool: [Double]] = [true: [], false: []]
        var forms: [Bool: [String: Int]] = [true: [:], false: [:]]
        let order = (Array(repeating: true, count: Self.requests) + Array(repeating: false, count: Self.requests))
            .shuffled(using: &random)
        for isKnown in order {
            let name = (isKnown ? "known " : "other ") + "\(Int.random(in: 0..<500, using: &random))"
            let requester = TestBench.requester(SigningKey())
            let start = ContinuousClock.now
            let bytes = try await bench.verifier.challenge(subject: name, purpose: "login", for: requester)
            times[isKnown]?.append((ContinuousClock.now - start) / .microseconds(1))
            let challenge = try SignedChallenge(decoding: bytes).challenge
            let length = bytes.count - name.utf8.count
            let form = "\(length) \(challenge.modality) \(challenge.label) \(challenge.threshold)"
            forms[isKnown, default: [:]][form, default: 0] += 1
        }
        let (known, unknown) = (times[true] ?? [], times[false] ?? [])
        let (probability, z) = RankTest.mannWhitney(known, unknown)
        let distance = RankTest.kolmogorovSmirnov(known, unknown)
        print(
            """
            challenges of enrolled subjects and strangers, \(Self.requests) each: medians \
            \(RankTest.median(known)) and \(RankTest.median(unknown)) us; Mann-Whitney P(known < unknown) \
            \(probability), z \(z); Kolmogorov-Smirnov D \(distance) (5 % level: \
            \(1.358 * (2 / Double(Self.requests)).squareRoot()))
            """
        )
        // One form for each modality, as likely for the ones as for the others: of 500 names each the share of faces
        // differs by 0.03 in a standard deviation.
        #expect(Set(forms[true, default: [:]].keys) == Set(forms[false, default: [:]].keys))
        for (form, count) in forms[true, default: [:]] {
            let difference = Double(count - forms[false, default: [:]][form, default: 0]) / Double(Self.requests)
            #expect(abs(difference) < 0.25, "\(form)")
        }
    }

    private static func withoutBlobs(_ statement: String) -> String {
        statement.replacing(/[xX]'[0-9a-fA-F]+'/, with: "X'00'")
    }
}
