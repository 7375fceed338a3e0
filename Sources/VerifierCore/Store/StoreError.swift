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
    /// No space is left, on the disk or under `maximumDatabaseBytes`.
    case full
    case busy
    case io(code: Int)

    public var description: String {
        switch self {
        case .file(let error): "\(error)"
        case .cannotOpen(let path, let reason): "cannot open the database \(path): \(reason)"
        case .insecure(let path, let reason): "refusing the database \(path): \(reason)"
        case .foreignIdentity: "the database belongs to another signing key or audience"
        case .newerSchema: "the database was written by a newer version of semblance-verifier"
        case .corruptRow(let table, let id): "row \(id) of table \(table) is damaged"
        case .corruptFile: "the database file is damaged"
        case .full: "no space is left for the database"
        case .busy: "the database is locked by another process"
        case .io(let code): "the database failed with SQLite code \(code)"
        }
    }
}
