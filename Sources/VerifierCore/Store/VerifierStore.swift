import Foundation
import GRDB
import Glibc
import ServiceSupport
import Sodium

/// The verifier's database: one SQLite file, readable by its owner only.
///
/// Every method of the verifier is one transaction, so that a crash at any moment leaves either all of it or nothing.
/// Commits are synchronous: what a peer was told survives a power failure.
public final class VerifierStore: Sendable {
    let queue: DatabaseQueue
    let keys: VerifierKeys

    private static let busyTimeout: TimeInterval = 5

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

    private init(
        path: String,
        audience: String,
        keys: VerifierKeys,
        maximumBytes: Int?,
        isNew: Bool
    ) throws(StoreError) {
        try Self.checkFile(path)
        var configuration = Configuration()
        configuration.busyMode = .timeout(Self.busyTimeout)
        configuration.foreignKeysEnabled = false
        configuration.label = "semblance-verifier"
        configuration.prepareDatabase { database in
            try database.execute(sql: "PRAGMA synchronous = FULL")
            try database.execute(sql: "PRAGMA secure_delete = ON")
            try database.execute(sql: "PRAGMA trusted_schema = OFF")
            try database.execute(sql: "PRAGMA cell_size_check = ON")
            if let maximumBytes {
                let pageSize = try Int.fetchOne(database, sql: "PRAGMA page_size") ?? 4096
                try database.execute(sql: "PRAGMA max_page_count = \(max(1, maximumBytes / pageSize))")
            }
        }
        self.keys = keys
        self.queue = try Self.mapping(path) {
            let queue = try DatabaseQueue(path: path, configuration: configuration)
            let check = try queue.read { try String.fetchOne($0, sql: "PRAGMA quick_check(1)") }
            guard check == "ok" else { throw StoreError.corruptFile }
            if try queue.read({ try Schema.migrator.hasBeenSuperseded($0) }) { throw StoreError.newerSchema }
            try Schema.migrator.migrate(queue)
            try queue.write { database in
                let stored = try Row.fetchOne(database, sql: "SELECT audience, verifierKey FROM identity")
                if let stored {
                    let key: Data = stored["verifierKey"]
                    guard stored["audience"] == audience, [UInt8](key) == keys.signing.publicKey.bytes else {
                        throw StoreError.foreignIdentity
                    }
                } else {
                    guard isNew else { throw StoreError.foreignIdentity }
                    try database.execute(
                        sql: "INSERT INTO identity (id, audience, verifierKey, lastSeenTime) VALUES (1, ?, ?, 0)",
                        arguments: [audience, Data(keys.signing.publicKey.bytes)]
                    )
                }
            }
            return queue
        }
    }

    /// Every row that does not fit its seal.
    public func damagedRows() async throws(StoreError) -> [StoreError] {
        let seal = keys.rowSeal
        return try await transaction { database in
            try Schema.sealed.flatMap { table in
                try table.damagedRows(in: database, seal: seal).map { .corruptRow(table: table.name, id: $0) }
            }
        }
    }

    /// Runs `body` in one immediate transaction; an error rolls it back.
    func transaction<Result: Sendable>(
        _ body: @Sendable @escaping (Database) throws -> Result
    ) async throws(StoreError) -> Result {
        do {
            return try await queue.writeWithoutTransaction { database in
                var result: Result?
                try database.inTransaction(.immediate) {
                    result = try body(database)
                    return .commit
                }
                guard let result else { throw StoreError.corruptFile }
                return result
            }
        } catch {
            throw Self.storeError(error)
        }
    }

    private static func checkFile(_ path: String) throws(StoreError) {
        var status = stat()
        guard lstat(path, &status) == 0 else {
            throw .cannotOpen(path: path, reason: String(cString: strerror(errno)))
        }
        guard status.st_mode & S_IFMT == S_IFREG else { throw .insecure(path: path, reason: "not a regular file") }
        guard geteuid() == 0 || status.st_uid == geteuid() else {
            throw .insecure(path: path, reason: "owned by another user")
        }
        guard status.st_mode & 0o077 == 0 else { throw .insecure(path: path, reason: "its permissions let others in") }
    }

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
        default: return .io(code: Int(error.extendedResultCode.rawValue))
        }
    }
}
