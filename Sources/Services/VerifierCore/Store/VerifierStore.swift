import Foundation
import GRDB
import Glibc
import ServiceSupport
import Sodium
import Synchronization

/// The verifier's database: one SQLite file with its write-ahead log, readable by its owner only.
///
/// Every method of the verifier is one transaction, so that a crash at any moment leaves either all of it or nothing.
/// Commits are synchronous: what a peer was told survives a power failure. Readers see the last commit and neither wait
/// for a writer nor keep one waiting.
public final class VerifierStore: Sendable {
    let pool: DatabasePool
    let keys: VerifierKeys
    /// What decoys are drawn from beside the policy: what strangers can still see of real enrolments.
    let unboundProfiles: [DecoyProfile]
    private let path: String
    /// Device and inode of the file that was opened.
    private let identity: FileIdentity
    private let isClosed = Mutex(false)

    static let busyTimeout: TimeInterval = 5
    /// The log is cut back to this many bytes when everything in it is in the database.
    static let logBytes = 4 << 20

    /// Creates the file (which must not exist) with mode 0600 and opens it.
    ///
    /// - Parameters:
    ///   - audience: the verifier's name, recorded so that a database is never used under another.
    ///   - maximumBytes: bound on the size of the file.
    public static func create(
        path: String,
        audience: String,
        keys: VerifierKeys,
        maximumBytes: Int? = nil
    ) throws(StoreError) -> VerifierStore {
        do {
            try SafeFile.create(path, contents: SecretBytes(count: 0))
        } catch {
            throw .file(error)
        }
        return try VerifierStore(path: path, audience: audience, keys: keys, maximumBytes: maximumBytes, isNew: true)
    }

    /// Opens a database that ``create(path:audience:keys:maximumBytes:)`` made, after checking the file's owner and
    /// permissions, SQLite's own structures, the schema version and whose database it is.
    public convenience init(
        path: String,
        audience: String,
        keys: VerifierKeys,
        maximumBytes: Int? = nil
    ) throws(StoreError) {
        try self.init(path: path, audience: audience, keys: keys, maximumBytes: maximumBytes, isNew: false)
    }

    /// - Parameter trace: called with the text of every statement, on the connection that runs it; for tests.
    init(
        path: String,
        audience: String,
        keys: VerifierKeys,
        maximumBytes: Int?,
        isNew: Bool = false,
        trace: (@Sendable (String) -> Void)? = nil
    ) throws(StoreError) {
        self.identity = try Self.checkFile(path)
        self.path = path
        self.keys = keys
        let configuration = Self.configuration(maximumBytes: maximumBytes, trace: trace)
        (self.pool, self.unboundProfiles) = try Self.mapping(path) {
            try Self.checkStructure(path)
            let pool = try DatabasePool(path: path, configuration: configuration)
            // The pool has set it to NORMAL, with which a power failure can take back the last commits.
            try pool.writeWithoutTransaction { try $0.execute(sql: "PRAGMA synchronous = FULL") }
            let migrator = SchemaMigrations.migrator(seal: keys.rowSeal)
            if try pool.read({ try migrator.hasBeenSuperseded($0) }) { throw StoreError.newerSchema }
            try migrator.migrate(pool)
            try pool.write { try Self.checkOwner($0, audience: audience, keys: keys, isNew: isNew) }
            return (pool, try pool.read { try DecoyProfile.ofUnboundEnrolments(in: $0) })
        }
    }

    /// Every row that does not fit its seal, and the first break of the audit trail.
    public func damagedRows() async throws(StoreError) -> [StoreError] {
        let seal = keys.rowSeal
        return try await read { database in
            let rows = try Schema.sealed.flatMap { table in
                try table.damagedRows(in: database, seal: seal).map {
                    StoreError.corruptRow(table: table.name, id: $0)
                }
            }
            let trail = AuditTrail(database: database, seal: seal, retentionSeconds: .max)
            do {
                return rows + (try trail.firstBreak().map { [$0] } ?? [])
            } catch let error as StoreError {
                return rows + [error]
            }
        }
    }

    /// How far the audit trail has come; nil where that cannot be told, see ``damagedRows()``.
    public func auditMark() async throws(StoreError) -> AuditMark? {
        let seal = keys.rowSeal
        return try await read { database in
            try? AuditTrail(database: database, seal: seal, retentionSeconds: .max).mark()
        }
    }

    /// Runs `body` in one immediate transaction; an error rolls it back. It runs in a task of its own: a caller who hangs up
    /// takes nothing back that was to be counted, and is no fault of the database.
    func transaction<Result: Sendable>(
        _ body: @Sendable @escaping (Database) throws -> Result
    ) async throws(StoreError) -> Result {
        let task = Task { [pool] in
            try await pool.writeWithoutTransaction { database in
                var result: Result?
                try database.inTransaction(.immediate) {
                    result = try body(database)
                    return .commit
                }
                guard let result else { throw StoreError.corruptFile }
                return result
            }
        }
        do {
            return try await task.value
        } catch {
            throw Self.storeError(error)
        }
    }

    /// Runs `body` on a snapshot of the last commit.
    func read<Result: Sendable>(
        _ body: @Sendable @escaping (Database) throws -> Result
    ) async throws(StoreError) -> Result {
        let task = Task { [pool] in try await pool.read(body) }
        do {
            return try await task.value
        } catch {
            throw Self.storeError(error)
        }
    }

    /// Brings everything into the one file and closes it. Without it the log stays beside the file, and is read at the next
    /// start. A second time it does nothing.
    public func close() throws(StoreError) {
        let wasClosed = isClosed.withLock { isClosed in
            defer { isClosed = true }
            return isClosed
        }
        guard !wasClosed else { return }
        do {
            try? pool.writeWithoutTransaction { _ = try $0.checkpoint(.truncate) }
            try pool.close()
        } catch {
            throw Self.storeError(error)
        }
    }

    /// - Throws: `moved` where the path no longer leads to the file that is open.
    func checkPlace() throws(StoreError) {
        guard let present = FileIdentity(path: path), present == identity else { throw .moved }
    }
}

extension VerifierStore {
    private static func mapping<Result>(_ path: String, _ body: () throws -> Result) throws(StoreError) -> Result {
        do {
            return try body()
        } catch {
            let mapped = storeError(error)
            if case .io(let code) = mapped, code & 0xff == Int(ResultCode.SQLITE_CANTOPEN.rawValue) {
                throw .cannotOpen(path: path, reason: "SQLite cannot open it")
            }
            throw mapped
        }
    }

    private static func storeError(_ error: any Error) -> StoreError {
        if let error = error as? StoreError { return error }
        guard let error = error as? DatabaseError else { return .corruptFile }
        switch error.resultCode {
        case .SQLITE_FULL: return .full
        case .SQLITE_CORRUPT, .SQLITE_NOTADB, .SQLITE_FORMAT: return .corruptFile
        case .SQLITE_BUSY, .SQLITE_LOCKED: return .busy
        case .SQLITE_READONLY: return error.extendedResultCode == .SQLITE_READONLY_DBMOVED ? .moved : .readOnly
        default: return .io(code: Int(error.extendedResultCode.rawValue))
        }
    }
}
