import Foundation
import GRDB
import MatchProof
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
