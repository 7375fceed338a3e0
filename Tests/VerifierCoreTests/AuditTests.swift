import Foundation
import GRDB
import Interfaces
import Logging
import Sodium
import Testing

@testable import VerifierCore

@Suite struct AuditTests {
    private let connection = ConnectionIdentity()
    private var root: Requester { .local(connection: connection, uid: 0) }

    private func trail<Result>(
        _ bench: TestBench,
        retentionSeconds: UInt64 = .max,
        _ body: (AuditTrail) throws -> Result
    ) throws -> Result {
        try bench.verifier.store.pool.write { database in
            try body(
                AuditTrail(database: database, seal: bench.keys.rowSeal, retentionSeconds: retentionSeconds)
            )
        }
    }

    private func event(_ kind: AuditEvent.Kind, _ subject: String, time: UInt64 = 1_800_000_000) -> AuditEvent {
        AuditEvent(time: time, kind: kind, subject: subject, origin: "addr:192.0.2.1")
    }

    @Test func aLoginsPurposeIsInIt() async throws {
        let bench = try TestBench()
        try await bench.enrol("alice")
        let challenge = try await bench.verifier.challenge(subject: "alice", purpose: "sudo", for: root)
        _ = try await bench.verifier.verify(
            proof: try bench.proof(challenge),
            from: .local(connection: connection, uid: 0)
        )
        try await bench.fail("alice")
        #expect(
            try bench.audit().map { "\($0.kind.rawValue) \($0.subject) \($0.purpose ?? "-") \($0.reason ?? "-")" }
                == [
                    "enrolled alice enrol biometric", "verified alice sudo biometric",
                    "refused alice login proofRejected",
                ]
        )
    }

    /// The attack: who may cause traffic pushes out what he does not want to be seen.
    @Test func trafficPushesOutNoOtherEvent() async throws {
        let bench = try TestBench()
        try await bench.enrol("alice")
        try await bench.login("alice")
        try trail(bench) { trail in
            var trail = trail
            trail.maximumRows = { $0 == .traffic ? 500 : 2 }
            for index in 0..<600 { try trail.record(event(.refused, "stranger \(index)")) }
        }
        let audit = try bench.audit()
        #expect(audit.filter { $0.kind == .refused }.count == 500)
        #expect(audit.map(\.kind).prefix(2) == [.enrolled, .verified])
        #expect(audit.first { $0.kind == .refused }?.subject == "stranger 100")
        #expect(try await bench.verifier.store.damagedRows().isEmpty)
    }

    /// The attack: strangers, at two requests a line, push out what an enrolled device's refusals told of an attack on it.
    @Test func strangersPushOutNoEnrolledDevicesRefusal() async throws {
        let bench = try TestBench()
        let (device, stranger) = (SigningKey(), SigningKey())
        try await bench.enrol("alice", device: device)
        try await bench.enrol("alice", label: "desk")
        for _ in 0..<5 { try await bench.fail("alice", from: device) }
        await #expect(throws: VerifierError.lockedOut(retryAfterSeconds: 30)) {
            try await bench.challenge("alice", from: device)
        }
        try await bench.fail("alice")
        try await bench.fail("alice", from: stranger)
        try await bench.fail("mallory", from: stranger)
        func lines(_ category: AuditClass) throws -> [String] {
            try bench.audit().filter { $0.category == category }.map { "\($0.kind) \($0.origin) \($0.count)" }
        }
        let attempts = [
            "challenge addr:192.0.2.1 1", "refused addr:192.0.2.1 5", "lockedOut addr:192.0.2.1 1", "refused uid:0 1",
        ]
        #expect(try lines(.attempt) == attempts)
        #expect(try lines(.traffic) == ["refused addr:192.0.2.1 1", "refused addr:192.0.2.1 1"])
        try trail(bench) { trail in
            var trail = trail
            trail.maximumRows = { _ in 500 }
            for index in 0..<600 { try trail.record(event(.refused, "stranger \(index)")) }
        }
        #expect(try lines(.attempt) == attempts)
        #expect(try lines(.traffic).count == 500)
        #expect(try await bench.verifier.store.damagedRows().isEmpty)
    }

    /// A challenge that is not the caller's own puts nothing among the attempts of whom it names, nor does one of a device
    /// that is not enrolled (yet), or any more.
    @Test func whoIsNotEnrolledLeavesNoAttempt() async throws {
        let bench = try TestBench()
        let (device, stranger) = (SigningKey(), SigningKey())
        try await bench.enrol("alice", device: device)
        try await bench.enrol("alice", label: "desk")
        // Handed in on the socket, where it was not asked for.
        let remote = try bench.proof(try await bench.challenge("alice", from: stranger))
        await #expect(throws: VerifierError.refused) {
            try await bench.verifier.verify(proof: remote, from: .local(connection: connection, uid: 1001))
        }
        // The other way round: a local challenge, answered over HTTP.
        let local = try bench.proof(
            try await bench.verifier.challenge(subject: "alice", purpose: "login", for: root)
        )
        await #expect(throws: VerifierError.refused) {
            try await bench.verifier.verify(proof: local, from: TestBench.submitter(local, stranger))
        }
        for label in ["default", "desk"] {
            try await bench.verifier.revoke(subject: "alice", modality: "face", label: label, for: .administrator)
        }
        try await bench.fail("alice", from: device)
        let refused = try bench.audit().filter { $0.kind == .refused }
        #expect(refused.map(\.category) == Array(repeating: .traffic, count: refused.count) && !refused.isEmpty)
    }

    /// The attack: an enrolled device pushes out the others' attempts by naming a new service, or coming from a new
    /// address, each time.
    @Test func oneSubjectHasSoManyLinesAnHour() throws {
        let bench = try TestBench()
        func attempt(_ subject: String, _ purpose: String, _ origin: String, time: UInt64) -> AuditEvent {
            AuditEvent(
                time: time,
                kind: .refused,
                category: .attempt,
                subject: subject,
                purpose: purpose,
                reason: "proofRejected",
                origin: origin
            )
        }
        try trail(bench) { trail in
            try trail.record(attempt("bob", "sudo", "uid:1001", time: 1_800_000_000))
            for index in 0..<1000 {
                try trail.record(attempt("alice", "shop \(index)", "addr:\(index)", time: 1_800_000_001))
            }
            try trail.record(attempt("bob", "login", "uid:1001", time: 1_800_000_002))
            // An hour later she has lines again.
            try trail.record(attempt("alice", "mail", "addr:1", time: 1_800_003_700))
        }
        let lines = try bench.audit()
        #expect(lines.count == 104)
        let further = try #require(lines.first { $0.subject == "alice" && $0.origin == "several" })
        #expect(further.count == 900 && further.purpose == nil && further.reason == "proofRejected")
        #expect(lines.filter { $0.subject == "bob" }.map(\.purpose) == ["sudo", "login"])
        #expect(lines.last?.purpose == "mail")
        #expect(try trail(bench) { try $0.firstBreak() } == nil)
    }

    /// Reported by others: 844 lines in 15 seconds by one user who was locked out.
    @Test func repeatedTrafficIsOneLine() async throws {
        let bench = try TestBench()
        try await bench.enrol("alice")
        for _ in 0..<5 { try await bench.fail("alice") }
        for _ in 0..<844 {
            _ = try? await bench.verifier.challenge(subject: "alice", purpose: "login", for: root)
        }
        var lines = try bench.audit().filter { $0.kind == .lockedOut }
        #expect(lines.map(\.count) == [844])
        bench.clock.advance(seconds: 20)
        _ = try? await bench.verifier.challenge(subject: "alice", purpose: "login", for: root)
        lines = try bench.audit().filter { $0.kind == .lockedOut }
        #expect(lines.map(\.count) == [845])
        #expect(lines.first.map { $0.lastTime - $0.time } == 20)
        // Another service, another line.
        _ = try? await bench.verifier.challenge(subject: "alice", purpose: "sudo", for: root)
        #expect(try bench.audit().filter { $0.kind == .lockedOut }.map(\.count) == [845, 1])
        #expect(try await bench.verifier.store.damagedRows().isEmpty)
    }

    @Test func linesGoWhenTheyAreTooOld() throws {
        let bench = try TestBench()
        try trail(bench, retentionSeconds: 86_400) { trail in
            for day in UInt64(0)..<5 { try trail.append(event(.enrolled, "\(day)", time: 1000 + day * 86_400)) }
        }
        #expect(try bench.audit().map(\.subject) == ["3", "4"])
        #expect(try trail(bench) { try $0.firstBreak() } == nil)
    }

    /// Each way to tamper with the trail is noticed: where no other check would say so, by the chain.
    @Test(arguments: [
        "UPDATE audit SET subject = 'mallory' WHERE id = 3", "UPDATE audit SET time = time + 1 WHERE id = 3",
        "DELETE FROM audit WHERE id = 1", "DELETE FROM audit WHERE id = 3", "DELETE FROM audit WHERE id = 6",
        "DELETE FROM audit", "DELETE FROM auditChain", "UPDATE audit SET id = 100 WHERE id = 3",
        """
        INSERT INTO audit SELECT 100, class, time, event, subject, modality, label, purpose, reason, origin, digest, \
        chain, lastTime, count, seal FROM audit WHERE id = 6
        """,
        "UPDATE audit SET count = 1",
    ])
    func tamperingIsNoticed(statement: String) async throws {
        let bench = try TestBench()
        try trail(bench) { trail in
            for index in 0..<6 { try trail.append(event(.enrolled, "user \(index)")) }
            for _ in 0..<3 { try trail.record(event(.refused, "stranger")) }
        }
        #expect(try await bench.verifier.store.damagedRows().isEmpty)
        try await bench.verifier.store.pool.write { try $0.execute(sql: statement) }
        #expect(try await !bench.verifier.store.damagedRows().isEmpty)
    }

    /// The attack: the sealed head of one chain is put back to what it was, and the lines since are taken out.
    @Test func aChainPutBackIsNoticed() async throws {
        let bench = try TestBench()
        try trail(bench) { trail in
            for index in 0..<3 { try trail.append(event(.enrolled, "user \(index)")) }
            try trail.append(event(.refused, "mallory"))
        }
        let before: [[DatabaseValue]] = try trail(bench) { trail in
            try Row.fetchAll(trail.database, sql: "SELECT anchor, head, rows, seal, class FROM auditChain")
                .map { row in (0..<5).map { row[$0] as DatabaseValue } }
        }
        let mark = try #require(try await bench.verifier.store.auditMark())
        #expect(mark.lines == 4)
        try trail(bench) { try $0.append(event(.refused, "mallory again")) }
        #expect(try await bench.verifier.store.auditMark()?.lines == 5)
        func putBack(_ category: String) async throws {
            let values = try #require(before.first { $0[4] == category.databaseValue })
            try await bench.verifier.store.pool.write {
                try $0.execute(
                    sql: "UPDATE auditChain SET anchor = ?, head = ?, rows = ?, seal = ? WHERE class = ?",
                    arguments: StatementArguments(values)
                )
            }
        }
        try await bench.verifier.store.pool.write {
            try $0.execute(sql: "DELETE FROM audit WHERE subject = 'mallory again'")
        }
        try await putBack("traffic")
        #expect(try await bench.verifier.store.damagedRows() == [.rolledBackAuditTrail])
        // Another line makes nothing of it good.
        try trail(bench) { try $0.append(event(.enrolled, "user 4")) }
        #expect(try await bench.verifier.store.damagedRows() == [.rolledBackAuditTrail])
        // All of it put back fits, and is what it was: the mark that was written down elsewhere says so.
        try await bench.verifier.store.pool.write {
            try $0.execute(sql: "DELETE FROM audit WHERE subject = 'user 4'")
        }
        for category in ["administration", "all"] { try await putBack(category) }
        #expect(try await bench.verifier.store.damagedRows().isEmpty)
        #expect(try await bench.verifier.store.auditMark() == mark)
    }

    /// Nor is a chain that was taken out whole taken for one that never was.
    @Test func aChainTakenOutIsNoticed() async throws {
        let bench = try TestBench()
        try trail(bench) { try $0.append(event(.refused, "mallory")) }
        try await bench.verifier.store.pool.write { database in
            try database.execute(sql: "DELETE FROM audit")
            try database.execute(sql: "DELETE FROM auditChain WHERE class = 'traffic'")
        }
        #expect(try await bench.verifier.store.damagedRows() == [.rolledBackAuditTrail])
        try await bench.verifier.store.pool.write { try $0.execute(sql: "DELETE FROM auditChain") }
        #expect(try await bench.verifier.store.damagedRows() == [.rolledBackAuditTrail])
    }

    /// A trail that is damaged keeps nobody out and no attempt uncounted; its events are in the journal, and the damage
    /// stays to be seen.
    @Test(arguments: ["UPDATE auditChain SET rows = rows + 1", "UPDATE audit SET count = count + 1"])
    func aDamagedTrailIsNoLockOut(statement: String) async throws {
        let log = LogRecorder()
        let bench = try TestBench(logger: Logger(label: "test", factory: { _ in log.handler }))
        try await bench.enrol("alice")
        try await bench.fail("alice")
        try await bench.login("alice")
        try await bench.verifier.store.pool.write { try $0.execute(sql: statement) }
        let damage = try await bench.verifier.store.damagedRows()
        #expect(!damage.isEmpty)
        for _ in 0..<5 { try await bench.fail("alice") }
        await #expect(throws: VerifierError.lockedOut(retryAfterSeconds: 30)) {
            try await bench.verifier.challenge(subject: "alice", purpose: "login", for: root)
        }
        try await bench.verifier.unlock(subject: "alice")
        try await bench.login("alice")
        try await bench.verifier.revoke(subject: "alice", modality: "face", label: "default", for: .administrator)
        if statement.contains("auditChain") {
            // The refusals are counted on the line that was there.
            #expect(try bench.audit().filter { $0.kind == .refused }.map(\.count) == [6])
            let told = log.lines.filter { $0.hasPrefix("critical the audit trail is damaged") }
            for kind in ["lockedOut", "unlocked", "verified", "revoked"] {
                #expect(told.contains { $0.contains(kind) }, "\(kind) in \(told)")
            }
            #expect(try await bench.verifier.store.damagedRows() == damage)
        } else {
            // The rows do not fit; new lines are put behind them.
            let now = try await bench.verifier.store.damagedRows()
            #expect(damage.allSatisfy(now.contains))
        }
    }

    @Test func itIsReadFromWhereOneLeftOff() async throws {
        let bench = try TestBench()
        for subject in ["alice", "bob", "alice "] { try await bench.enrol(subject) }
        try await bench.login("alice")
        let all = try await bench.verifier.auditEvents(after: 0)
        #expect(all.map(\.subject) == ["alice", "bob", "alice ", "alice"])
        #expect(try await bench.verifier.auditEvents(after: all[2].id).map(\.kind) == [.verified])
        #expect(try await bench.verifier.auditEvents(after: 0, subject: "alice").count == 2)
        let position = try await bench.verifier.auditPosition(beforeLast: 2)
        #expect(try await bench.verifier.auditEvents(after: position).count == 2)
        #expect(try await bench.verifier.auditPosition(beforeLast: 100) == 0)
        #expect(try all[3].json.encode() == JSONLine.verified(id: all[3].id))
    }
}

/// A line as `semblance-verifier audit --json` prints it.
private enum JSONLine {
    static func verified(id: Int64) throws -> [UInt8] {
        Array(
            """
            {"count":1,"event":"verified","id":\(id),"label":"default","lastTime":1800000000,"modality":"face",\
            "origin":"uid:0","purpose":"login","reason":"biometric","subject":"alice","time":1800000000}
            """.utf8
        )
    }
}
