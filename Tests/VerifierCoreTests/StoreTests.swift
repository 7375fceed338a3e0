import Foundation
import GRDB
import Glibc
import Interfaces
import Logging
import Sodium
import Statement
import Testing

@testable import VerifierCore

/// The database while it is used by others, fails, or comes from an older program.
@Suite struct StoreTests {
    private let connection = ConnectionIdentity()
    private var root: Requester { .local(connection: connection, uid: 0) }

    /// Reported by others: the audit table read through a pager stopped every login for as long as the pager was open.
    @Test func anOpenReaderKeepsNoLoginWaiting() async throws {
        let bench = try TestBench()
        let device = SigningKey()
        try await bench.enrol("alice")
        try await bench.enrol("alice", label: "laptop", device: device)
        var configuration = Configuration()
        configuration.readonly = true
        let reader = try DatabaseQueue(path: bench.databasePath, configuration: configuration)
        let box = UncheckedBox(bench)
        try await reader.writeWithoutTransaction { database in
            try database.execute(sql: "BEGIN")
            let before = try Int.fetchOne(database, sql: "SELECT COUNT(*) FROM audit")
            let done = DispatchSemaphore(value: 0)
            Task.detached {
                for _ in 0..<5 {
                    _ = try? await box.value.login("alice")
                    _ = try? await box.value.login("alice", from: device)
                }
                done.signal()
            }
            // The logins wait for nothing that only ends below.
            #expect(done.wait(timeout: .now() + 60) == .success)
            #expect(try Int.fetchOne(database, sql: "SELECT COUNT(*) FROM audit") == before)
            try database.execute(sql: "COMMIT")
        }
        #expect(try bench.audit().filter { $0.kind == .verified }.count == 10)
    }

    /// A login commits once, and asking for its challenge not at all.
    @Test func aLoginIsOneCommit() async throws {
        let log = StatementLog()
        let bench = try TestBench(trace: { log.append($0) })
        let device = SigningKey()
        try await bench.enrol("alice", device: device)
        _ = log.take()
        let challenge = try await bench.challenge("alice", from: device)
        #expect(!log.take().contains { $0.hasPrefix("BEGIN IMMEDIATE") })
        let proof = try bench.proof(challenge)
        _ = try await bench.verifier.verify(proof: proof, from: TestBench.submitter(proof, device))
        #expect(log.take().filter { $0.hasPrefix("BEGIN IMMEDIATE") }.count == 1)
    }

    /// No statement of a login goes through a table, however full it is.
    @Test func aLoginFindsEverythingByAnIndex() async throws {
        let log = StatementLog()
        let bench = try TestBench(trace: { log.append($0) })
        let device = SigningKey()
        try await bench.enrol("alice", device: device)
        _ = log.take()
        try await bench.login("alice", from: device)
        try await bench.fail("alice", from: device)
        try await bench.fail("mallory", from: device)
        // Tables of a few rows, whatever happens.
        let small = ["identity", "sqlite_sequence", "auditChain"]
        for statement in Set(log.take()) where ["SELECT", "UPDATE", "DELETE"].contains(statement.prefix(6)) {
            let plan = try await bench.verifier.store.pool.read {
                try Row.fetchAll($0, sql: "EXPLAIN QUERY PLAN " + statement).map { $0["detail"] as String }
            }
            for step in plan where step.hasPrefix("SCAN") {
                #expect(small.contains { step.hasPrefix("SCAN \($0)") }, "\(statement): \(step)")
            }
        }
    }

    // MARK: Health

    @Test func aDatabaseThatServesIsReady() async throws {
        let bench = try TestBench()
        #expect(await bench.verifier.health() == .ready)
    }

    /// The attack on "health says ok while every login fails": the file is removed, replaced, or cannot be written.
    @Test(arguments: ["removed", "replaced", "readOnly"])
    func aDatabaseThatDoesNotServeIsNotReady(how: String) async throws {
        let bench = try TestBench()
        switch how {
        case "removed": unlink(bench.databasePath)
        case "replaced":
            let copy = bench.databasePath + ".copy"
            try FileManager.default.copyItem(atPath: bench.databasePath, toPath: copy)
            rename(copy, bench.databasePath)
        default:
            try await bench.verifier.store.pool.writeWithoutTransaction { database in
                try database.execute(sql: "PRAGMA query_only = ON")
            }
        }
        let health = await bench.verifier.health()
        #expect(health == (how == "readOnly" ? .failing(.readOnly) : .wedged(.moved)))
        #expect(await !bench.verifier.isHealthy())
    }

    /// Only a restart helps against a file that is gone; the watch ends the program so that it gets one.
    @Test func theWatchGivesUpOnAFileThatIsGone() async throws {
        let bench = try TestBench()
        let watch = StoreWatch(verifier: bench.verifier, interval: .milliseconds(10))
        unlink(bench.databasePath)
        await #expect(throws: StoreWatch.Wedged.self) { try await watch.run() }
    }

    // MARK: Migration

    /// A database of the first schema, with an enrolment from the socket, one over HTTP, a lock-out and an audit trail.
    private func oldDatabase() throws -> (bench: TestBench, commitments: [Data]) {
        let bench = try TestBench()
        try bench.verifier.store.close()
        for suffix in ["", "-wal", "-shm"] { unlink(bench.databasePath + suffix) }
        let seal = bench.keys.rowSeal
        let commitments = [TestBench.randomCommitment(), TestBench.randomCommitment()].map { Data($0.bytes) }
        let queue = try DatabaseQueue(path: bench.databasePath)
        var migrator = SchemaMigrations.migrator(seal: seal)
        migrator.eraseDatabaseOnSchemaChange = false
        try migrator.migrate(queue, upTo: "v1")
        try queue.write { database in
            try database.execute(
                sql: "INSERT INTO identity (id, audience, verifierKey, lastSeenTime) VALUES (1, ?, ?, 1800000000)",
                arguments: [bench.audience, Data(bench.keys.signing.publicKey.bytes)]
            )
            let enrolments = SealedTable(name: "enrolment", columns: Schema.enrolments.columns.dropLast())
            for (label, commitment) in zip(["default", "laptop"], commitments) {
                let id = try enrolments.insert(
                    [
                        "alice", 1, label, commitment, 1, Data(repeating: 0x6d, count: 32), 128, 20_000, 4000, 3, 1, 0,
                        0,
                        Data(bench.sensor.publicKey.bytes), "active", 1_799_999_000, 1_799_999_000,
                    ],
                    into: database,
                    seal: seal
                )
                try Schema.commitments.insert([commitment, 1_799_999_000], into: database, seal: seal)
                try Schema.receipts.insert(
                    [
                        id, Data(repeating: UInt8(id), count: 64), label == "laptop" ? "clientKey" : "connection",
                        Data(repeating: 7, count: 32), Data([1, 2, 3]), 1_799_999_000,
                    ],
                    into: database,
                    seal: seal
                )
            }
            try database.execute(
                sql: """
                    INSERT INTO audit (time, event, subject, modality, label, reason, origin) VALUES
                    (1799999000, 'enrolled', 'alice', 'face', 'default', 'biometric', 'uid:0'),
                    (1799999001, 'challenge', 'alice', 'face', 'default', 'authenticate', 'uid:0'),
                    (1799999002, 'verified', 'alice', 'face', 'default', 'biometric', 'uid:0')
                    """
            )
        }
        try queue.close()
        chmod(bench.databasePath, 0o600)
        return (bench, commitments)
    }

    @Test func anOldDatabaseGoesOn() async throws {
        let (bench, commitments) = try oldDatabase()
        try bench.restart()
        #expect(try await bench.verifier.store.damagedRows().isEmpty)
        let list = try await bench.verifier.list(subject: "alice", for: .administrator)
        #expect(list.map(\.device) == ["local", "any"])
        #expect(try bench.audit().map(\.kind) == [.enrolled, .challenge, .verified])
        try await bench.login("alice")

        // The one made over HTTP serves any device, until the first login binds it.
        let (first, second) = (SigningKey(), SigningKey())
        func template(_ device: SigningKey) async throws -> Data {
            let challenge = try await bench.challenge("alice", from: device)
            return Data(try #require(try SignedChallenge(decoding: challenge).challenge.template).bytes)
        }
        #expect(try await template(first) == commitments[1])
        #expect(try await template(second) == commitments[1])
        // A refused proof binds nothing.
        try await bench.fail("alice", from: second)
        #expect(try await template(first) == commitments[1])
        let late = try await bench.challenge("alice", from: second)
        try await bench.login("alice", from: first)
        #expect(try await template(first) == commitments[1])
        #expect(try await template(second) != commitments[1])
        let proof = try bench.proof(late)
        await #expect(throws: VerifierError.refused) {
            try await bench.verifier.verify(proof: proof, from: TestBench.submitter(proof, second))
        }
        try await bench.login("alice", from: first)
        #expect(try await bench.verifier.store.damagedRows().isEmpty)
    }

    /// While a real challenge about such an enrolment can be seen by strangers, decoys look like it, whatever the policy
    /// has become.
    @Test func decoysLookLikeWhatStrangersCanSee() async throws {
        let (bench, _) = try oldDatabase()
        let stricter = try #require(
            AllowedModel(
                identity: Array(repeating: 0x6d, count: 32),
                modality: .face,
                dimension: 128,
                threshold: 15_000,
                minimumNorm: 3000
            )
        )
        try bench.restart(policy: try Policy(models: [stricter], assurance: .match))
        func form(_ subject: String) async throws -> String {
            let bytes = try await bench.challenge(subject, from: SigningKey())
            let challenge = try SignedChallenge(decoding: bytes).challenge
            return "\(challenge.label) \(challenge.threshold) \(challenge.minimumNorm) \(challenge.assurance)"
        }
        let real = try await form("alice")
        #expect(real == "laptop 20000 4000 match")
        for index in 0..<20 { #expect(try await form("stranger \(index)") == real) }
    }

    /// A trail that was written before its chains had a pin, and attempts a class, stays as it is and goes on.
    @Test func aTrailOfTheSecondSchemaIsPinned() async throws {
        let bench = try TestBench()
        try bench.verifier.store.close()
        for suffix in ["", "-wal", "-shm"] { unlink(bench.databasePath + suffix) }
        let seal = bench.keys.rowSeal
        let queue = try DatabaseQueue(path: bench.databasePath)
        try SchemaMigrations.migrator(seal: seal).migrate(queue, upTo: "v2")
        try await queue.write { [audience = bench.audience, key = bench.keys.signing.publicKey.bytes] database in
            try database.execute(
                sql: "INSERT INTO identity (id, audience, verifierKey, lastSeenTime) VALUES (1, ?, ?, 1800000000)",
                arguments: [audience, Data(key)]
            )
            let trail = AuditTrail(database: database, seal: seal, retentionSeconds: .max)
            for kind in [AuditEvent.Kind.enrolled, .lockedOut, .refused, .challenge] {
                try trail.append(
                    AuditEvent(
                        time: 1_800_000_000,
                        kind: kind,
                        category: kind == .enrolled ? .administration : .traffic,
                        subject: "alice",
                        origin: "uid:0"
                    )
                )
            }
        }
        try queue.close()
        chmod(bench.databasePath, 0o600)
        try bench.restart()
        #expect(try await bench.verifier.store.damagedRows().isEmpty)
        #expect(try bench.audit().map(\.category) == [.administration, .traffic, .traffic, .traffic])
        #expect(try await bench.verifier.store.auditMark()?.lines == 4)
        try await bench.enrol("alice")
        try await bench.fail("alice")
        #expect(try bench.audit().suffix(2).map(\.category) == [.administration, .attempt])
        #expect(try await bench.verifier.store.auditMark()?.lines == 6)
        #expect(try await bench.verifier.store.damagedRows().isEmpty)
    }

    /// A row that was damaged before is still known to be.
    @Test func aMigrationMendsNoDamage() async throws {
        let (bench, _) = try oldDatabase()
        let queue = try DatabaseQueue(path: bench.databasePath)
        try await queue.write { try $0.execute(sql: "UPDATE enrolment SET threshold = 1 WHERE label = 'default'") }
        try queue.close()
        try bench.restart()
        #expect(try await bench.verifier.store.damagedRows() == [.corruptRow(table: "enrolment", id: 1)])
    }
}

/// Hands an object that one task at a time uses to another.
private struct UncheckedBox<Value>: @unchecked Sendable {
    let value: Value
    init(_ value: Value) { self.value = value }
}
