import Foundation
import GRDB
import ServiceSupport
import Synchronization

/// The operations of one transaction at one moment.
struct StoreSession {
    let database: Database
    let seal: RowSeal
    let now: ClockReading
    /// How often the wall clock was seen to go back. Challenges are good within one generation.
    let clockGeneration: Int64
    private let auditRetentionSeconds: UInt64
    private let unrecorded: UnrecordedEvents

    /// How far the wall clock may go back unnoticed, in seconds: what time synchronisation does by slewing.
    static let clockTolerance: UInt64 = 5

    /// The wall clock went back since the last transaction; only a writing session can go on from there.
    struct ClockWentBack: Error, CustomStringConvertible {
        var description: String { "the clock went back" }
    }

    /// What every session of a verifier has in common.
    struct Setting: Sendable {
        let seal: RowSeal
        let now: ClockReading
        /// The latest wall-clock time that this process has seen, in seconds.
        let newestSeen: UInt64
        let auditRetentionSeconds: UInt64
        let unrecorded = UnrecordedEvents()
    }

    /// A session that changes nothing.
    ///
    /// - Throws: ``ClockWentBack``.
    static func reading(_ database: Database, _ setting: Setting) throws -> StoreSession {
        let clock = try storedClock(database)
        guard !setting.isBehind(clock.lastSeen) else { throw ClockWentBack() }
        return StoreSession(database, setting, generation: clock.generation)
    }

    /// A session in a writing transaction: drops what has expired. If the wall clock went back since the last
    /// transaction, a new generation begins: what had expired must not come to life again.
    ///
    /// - Returns: also whether the clock went back.
    static func writing(_ database: Database, _ setting: Setting) throws -> (StoreSession, clockWentBack: Bool) {
        let clock = try storedClock(database)
        let wentBack = setting.isBehind(clock.lastSeen)
        let generation = clock.generation &+ (wentBack ? 1 : 0)
        let seconds = setting.now.unixSeconds
        if seconds > clock.lastSeen || wentBack {
            try database.execute(
                sql: "UPDATE identity SET lastSeenTime = ?, clockGeneration = ?",
                arguments: [Int64(clamping: seconds), generation]
            )
        }
        let session = StoreSession(database, setting, generation: generation)
        if wentBack {
            try session.record(.clockWentBack, subject: "", origin: "administrator")
            try session.restartWaits()
        }
        try session.sweep()
        return (session, wentBack)
    }

    private init(_ database: Database, _ setting: Setting, generation: Int64) {
        self.database = database
        self.seal = setting.seal
        self.now = setting.now
        self.clockGeneration = generation
        self.auditRetentionSeconds = setting.auditRetentionSeconds
        self.unrecorded = setting.unrecorded
    }

    private static func storedClock(_ database: Database) throws -> (lastSeen: UInt64, generation: Int64) {
        guard let row = try Row.fetchOne(database, sql: "SELECT lastSeenTime, clockGeneration FROM identity"),
            let lastSeen: Int64 = row.unsealed("lastSeenTime"), let generation: Int64 = row.unsealed("clockGeneration")
        else { throw StoreError.corruptFile }
        return (UInt64(clamping: lastSeen), generation)
    }

    private func sweep() throws {
        let horizon = now.unixSeconds > Self.nonceRetention ? now.unixSeconds - Self.nonceRetention : 0
        try database.execute(
            sql: "DELETE FROM consumedNonce WHERE expires <= ?",
            arguments: [Int64(clamping: horizon)]
        )
        try Schema.tokens.delete(where: "expires <= ?", [Int64(clamping: now.unixSeconds)], in: database)
    }

    var auditTrail: AuditTrail {
        AuditTrail(database: database, seal: seal, retentionSeconds: auditRetentionSeconds)
    }

    /// Adds a line to the audit table. Where that is damaged the event is left to the journal: who cannot revoke or be let
    /// in because a line of last year does not fit its seal is no safer for it.
    ///
    /// - Parameter category: nil for the kind's usual one.
    func record(
        _ kind: AuditEvent.Kind,
        category: AuditClass? = nil,
        subject: String,
        modality: String? = nil,
        label: String? = nil,
        purpose: String? = nil,
        reason: String? = nil,
        origin: String
    ) throws {
        let event = AuditEvent(
            time: now.unixSeconds,
            kind: kind,
            category: category,
            subject: subject,
            modality: modality,
            label: label,
            purpose: purpose,
            reason: reason,
            origin: origin
        )
        do {
            try auditTrail.record(event)
        } catch StoreError.corruptRow(let table, _) where Schema.auditTables.contains(table) {
            unrecorded.add(event)
        }
    }
}

/// What one transaction could not write to the audit table because that is damaged.
final class UnrecordedEvents: Sendable {
    private let stored = Mutex<[AuditEvent]>([])

    var events: [AuditEvent] { stored.withLock { $0 } }

    func add(_ event: AuditEvent) { stored.withLock { $0.append(event) } }
}

extension StoreSession.Setting {
    /// Whether the present is before what was seen already, beyond the tolerance.
    fileprivate func isBehind(_ stored: UInt64) -> Bool {
        let newest = max(stored, newestSeen)
        return now.unixSeconds < newest && newest - now.unixSeconds > StoreSession.clockTolerance
    }
}
