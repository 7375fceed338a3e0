import Foundation
import GRDB
import ServiceSupport
import Statement

/// Failed attempts of a subject with a modality; ``AttemptLimiter`` says what they mean.
extension Vault {
    /// Throws `lockedOut` when no try is permitted now; counts nothing.
    public func checkAttempt(_ subject: String, _ modality: Modality) throws(VaultError) {
        let now = try now()
        if let refusal = try writing({ try Self.refusal(subject, modality, now, $0) }) { throw refusal }
    }

    /// Counts a try as failed, before it is made; a success is told by ``forgive(_:_:all:)``. Throws `lockedOut`, and then
    /// counts nothing, when no try is permitted now.
    ///
    /// - Returns: when the last failure before this one was, in seconds since 1970; nil if there was none.
    @discardableResult
    public func beginAttempt(_ subject: String, _ modality: Modality) throws(VaultError) -> Int64? {
        let now = try now()
        let (refusal, last): (VaultError?, Int64?) = try writing { database in
            if let refusal = try Self.refusal(subject, modality, now, database) { return (refusal, nil) }
            let last = try Int64.fetchOne(
                database,
                sql: "SELECT wall FROM attempts WHERE subject = ? AND modality = ? AND failures > 0",
                arguments: [subject, Int64(modality.rawValue)]
            )
            try database.execute(
                sql: """
                    INSERT INTO attempts (subject, modality, failures, wall, bootMilliseconds, bootIdentity)
                    VALUES (?1, ?2, 1, ?3, ?4, ?5)
                    ON CONFLICT DO UPDATE
                    SET failures = failures + 1, wall = ?3, bootMilliseconds = ?4, bootIdentity = ?5
                    """,
                arguments: [subject, Int64(modality.rawValue)] + Self.columns(of: now)
            )
            return (nil, last)
        }
        if let refusal { throw refusal }
        return last
    }

    /// A try succeeded: forgets the failures before it, or only takes back what ``beginAttempt(_:_:)`` counted.
    public func forgive(_ subject: String, _ modality: Modality, all: Bool) throws(VaultError) {
        guard !all else { return try clearAttempts(subject, modality) }
        try writing { database in
            try database.execute(
                sql: "UPDATE attempts SET failures = failures - 1 WHERE subject = ? AND modality = ? AND failures > 0",
                arguments: [subject, Int64(modality.rawValue)]
            )
        }
    }

    /// Forgets the subject's failures.
    public func clearAttempts(_ subject: String, _ modality: Modality) throws(VaultError) {
        try writing { database in
            try database.execute(
                sql: "DELETE FROM attempts WHERE subject = ? AND modality = ?",
                arguments: [subject, Int64(modality.rawValue)]
            )
        }
    }

    /// The error to refuse a try with, nil when it is permitted. It is returned, not thrown, because what this may
    /// write (a wait that starts again) must be committed.
    private static func refusal(
        _ subject: String,
        _ modality: Modality,
        _ now: ClockReading,
        _ database: Database
    ) throws -> VaultError? {
        let row = try Row.fetchOne(
            database,
            sql: "SELECT * FROM attempts WHERE subject = ? AND modality = ?",
            arguments: [subject, Int64(modality.rawValue)]
        )
        guard let row else { return nil }
        guard let failures = row["failures"] as Int64? else { throw VaultError.corrupt }
        let last = try reading(of: row)
        if limiter.mustRestart(failures: Int(failures), last: last, now: now) {
            try database.execute(
                sql: """
                    UPDATE attempts SET wall = ?, bootMilliseconds = ?, bootIdentity = ?
                    WHERE subject = ? AND modality = ?
                    """,
                arguments: columns(of: now) + [subject, Int64(modality.rawValue)]
            )
        }
        return switch limiter.decide(failures: Int(failures), last: last, now: now) {
        case .allowed: nil
        case .locked: .lockedOut(retryAfterSeconds: nil)
        case .wait(let seconds): .lockedOut(retryAfterSeconds: seconds)
        }
    }

    private static let limiter = AttemptLimiter()

    static func reading(of row: Row) throws(VaultError) -> ClockReading {
        guard let wall = row["wall"] as Int64?, let boot = row["bootMilliseconds"] as Int64? else { throw .corrupt }
        return ClockReading(
            unixSeconds: UInt64(clamping: wall),
            bootMilliseconds: UInt64(clamping: boot),
            bootIdentity: (row["bootIdentity"] as Data?).map(Array.init) ?? []
        )
    }

    static func columns(of reading: ClockReading) -> StatementArguments {
        [
            Int64(clamping: reading.unixSeconds), Int64(clamping: reading.bootMilliseconds),
            reading.bootIdentity.isEmpty ? nil : Data(reading.bootIdentity),
        ]
    }
}
