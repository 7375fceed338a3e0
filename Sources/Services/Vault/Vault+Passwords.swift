import GRDB
import ServiceSupport

/// When a subject last entered a password, and what has happened since.
public struct PasswordHistory: Equatable, Sendable {
    /// When the last one was entered; nil: never, as far as this vault knows.
    public var last: ClockReading?
    /// Tries of the subject that failed in a row, of the modality where they are most.
    public var failures: Int
    public var now: ClockReading

    public init(last: ClockReading?, failures: Int, now: ClockReading) {
        (self.last, self.failures, self.now) = (last, failures, now)
    }
}

extension Vault {
    /// The subject has entered his password.
    ///
    /// - Parameter forgives: whether his failed tries are forgotten, with every modality.
    public func notePassword(_ subject: String, forgives: Bool) throws(VaultError) {
        let now = try now()
        try writing { database in
            try database.execute(
                sql: """
                    INSERT INTO password (subject, wall, bootMilliseconds, bootIdentity) VALUES (?1, ?2, ?3, ?4)
                    ON CONFLICT DO UPDATE SET wall = ?2, bootMilliseconds = ?3, bootIdentity = ?4
                    """,
                arguments: [subject] + Self.columns(of: now)
            )
            guard forgives else { return }
            try database.execute(sql: "DELETE FROM attempts WHERE subject = ?", arguments: [subject])
        }
    }

    public func passwordHistory(of subject: String) throws(VaultError) -> PasswordHistory {
        let now = try now()
        return try reading { database in
            let row = try Row.fetchOne(database, sql: "SELECT * FROM password WHERE subject = ?", arguments: [subject])
            let failures = try Int.fetchOne(
                database,
                sql: "SELECT max(failures) FROM attempts WHERE subject = ?",
                arguments: [subject]
            )
            return PasswordHistory(last: try row.map(Self.reading(of:)), failures: failures ?? 0, now: now)
        }
    }
}
