import ServiceSupport

/// Why the database cannot be used. The text is for the administrator; it holds no secrets.
public enum StoreError: Error, Equatable, Sendable, CustomStringConvertible {
    case file(FileError)
    case cannotOpen(path: String, reason: String)
    /// Others than the owner could read the file, or it is not a file.
    case insecure(path: String, reason: String)
    /// The database belongs to another signing key or audience.
    case foreignIdentity
    /// Written by a newer version of the program.
    case newerSchema
    /// A row does not fit its seal: the file was damaged or edited.
    case corruptRow(table: String, id: Int64)
    /// The file is damaged beyond single rows.
    case corruptFile
    /// Pages of these tables, or of their indexes, are damaged; `detail` is SQLite's first complaint.
    case damagedTables([String], detail: String)
    /// A line of the audit table was changed, put in or taken out: this row, or (0) the first or the last one.
    case brokenAuditChain(row: Int64)
    /// A chain of the audit trail was put back to an earlier state, or taken out whole.
    case rolledBackAuditTrail
    /// Another file is at the database's path, or none: what is written would be lost.
    case moved
    /// The file system or the file does not let the database be written.
    case readOnly
    /// No space is left, on the disk or under `maximumDatabaseBytes`.
    case full
    case busy
    /// The host's clocks cannot be read.
    case clock
    case io(code: Int)

    public var description: String {
        switch self {
        case .file(let error): "\(error)"
        case .cannotOpen(let path, let reason): "cannot open the database \(path): \(reason)"
        case .insecure(let path, let reason): "refusing the database \(path): \(reason)"
        case .foreignIdentity: "the database belongs to another signing key or audience"
        case .newerSchema: "the database was written by a newer version of semblance-verifier"
        case .corruptRow(let table, let id): "row \(id) of \(Schema.words(for: table)) is damaged"
        case .corruptFile: "the database file is damaged"
        case .damagedTables(let tables, let detail):
            "the database is damaged: \(Self.words(for: tables)) cannot be read (\(detail))"
        case .brokenAuditChain(let row):
            row > 0
                ? "the audit trail is broken at row \(row): it, or a row before it, was changed or taken out"
                : "the audit trail is broken: its first or last rows were taken out"
        case .rolledBackAuditTrail:
            "the audit trail was put back to an earlier state: its newest lines of some kind were taken out"
        case .moved: "the database file was replaced or removed while the service had it open"
        case .readOnly: "the database cannot be written"
        case .full: "no space is left for the database"
        case .busy: "the database is locked by another process"
        case .clock: "the clocks cannot be read"
        case .io(let code): "the database failed with SQLite code \(code)"
        }
    }

    private static func words(for tables: [String]) -> String {
        tables.isEmpty ? "its structure" : tables.map(Schema.words).joined(separator: ", ")
    }
}
