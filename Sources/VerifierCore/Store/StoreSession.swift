import Foundation
import GRDB

/// The operations of one transaction at one moment.
struct StoreSession {
    let database: Database
    let seal: RowSeal
    let now: ClockReading

    /// How far the wall clock may go back unnoticed, in seconds: what time synchronisation does by slewing.
    static let clockTolerance: UInt64 = 5
    /// How long answered and expired challenges are kept, in seconds, so that the log can say what became of them.
    static let challengeRetention: UInt64 = 600
    static let auditRowLimit = 100_000
    static let unknownCounterLimit = 100_000

    /// Begins a transaction's work: drops what has expired, and every outstanding challenge if the wall clock went back
    /// since the last transaction, because what had expired must not come to life again.
    ///
    /// - Returns: whether the clock went back.
    func sweep() throws -> Bool {
        let stored = try Int64.fetchOne(database, sql: "SELECT lastSeenTime FROM identity") ?? 0
        let last = UInt64(clamping: stored)
        var wentBack = false
        if now.unixSeconds < last, last - now.unixSeconds > Self.clockTolerance {
            try Schema.challenges.delete(where: "1", [], in: database)
            try record(.clockWentBack, subject: "", origin: "administrator")
            wentBack = true
        }
        if now.unixSeconds > last || wentBack {
            try database.execute(
                sql: "UPDATE identity SET lastSeenTime = ?",
                arguments: [Int64(clamping: now.unixSeconds)]
            )
        }
        let horizon = now.unixSeconds > Self.challengeRetention ? now.unixSeconds - Self.challengeRetention : 0
        try Schema.challenges.delete(where: "expires <= ?", [Int64(clamping: horizon)], in: database)
        try Schema.tokens.delete(where: "expires <= ?", [Int64(clamping: now.unixSeconds)], in: database)
        return wentBack
    }

    /// Adds a line to the audit table, and drops the oldest beyond a bound.
    func record(
        _ kind: AuditEvent.Kind,
        subject: String,
        modality: String? = nil,
        label: String? = nil,
        reason: String? = nil,
        origin: String
    ) throws {
        try database.execute(
            sql: """
                INSERT INTO audit (time, event, subject, modality, label, reason, origin) VALUES (?, ?, ?, ?, ?, ?, ?)
                """,
            arguments: [Int64(clamping: now.unixSeconds), kind.rawValue, subject, modality, label, reason, origin]
        )
        try database.execute(
            sql: "DELETE FROM audit WHERE id <= (SELECT MAX(id) FROM audit) - ?",
            arguments: [Self.auditRowLimit]
        )
    }
}
