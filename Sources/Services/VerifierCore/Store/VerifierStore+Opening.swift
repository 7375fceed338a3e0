import Foundation
import GRDB
import Glibc
import Sodium

/// Opening: what is checked before a database is used.
extension VerifierStore {
    static func configuration(
        maximumBytes: Int?,
        trace: (@Sendable (String) -> Void)?
    ) -> Configuration {
        var configuration = Configuration()
        configuration.busyMode = .timeout(busyTimeout)
        configuration.foreignKeysEnabled = false
        configuration.label = "semblance-verifier"
        configuration.prepareDatabase { database in
            if let trace {
                database.trace { event in
                    if case .statement(let statement) = event { trace(statement.expandedSQL) }
                }
            }
            try database.execute(sql: "PRAGMA secure_delete = ON")
            try database.execute(sql: "PRAGMA trusted_schema = OFF")
            try database.execute(sql: "PRAGMA cell_size_check = ON")
            try database.execute(sql: "PRAGMA journal_size_limit = \(logBytes)")
            if let maximumBytes {
                let pageSize = try Int.fetchOne(database, sql: "PRAGMA page_size") ?? 4096
                try database.execute(sql: "PRAGMA max_page_count = \(max(1, maximumBytes / pageSize))")
            }
        }
        return configuration
    }

    /// SQLite's own check, before anything is written; where it fails, the tables that it fails for are named.
    static func checkStructure(_ path: String) throws {
        let queue = try DatabaseQueue(path: path)
        defer { try? queue.close() }
        try queue.read { database in
            let found = try String.fetchAll(database, sql: "PRAGMA quick_check(1)")
            guard found != ["ok"] else { return }
            let tables = try String.fetchAll(
                database,
                sql: "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%' ORDER BY name"
            )
            let damaged = tables.filter { name in
                let check = try? String.fetchAll(database, sql: "PRAGMA quick_check(\(name.quotedDatabaseIdentifier))")
                return check != ["ok"]
            }
            throw StoreError.damagedTables(damaged, detail: found.first ?? "unknown")
        }
    }

    static func checkOwner(
        _ database: Database,
        audience: String,
        keys: VerifierKeys,
        isNew: Bool
    ) throws {
        let key = keys.signing.publicKey.bytes
        if let stored = try Row.fetchOne(database, sql: "SELECT audience, verifierKey FROM identity") {
            guard stored.unsealed("audience") == audience, stored.unsealed("verifierKey") == Data(key) else {
                throw StoreError.foreignIdentity
            }
            return
        }
        guard isNew else { throw StoreError.foreignIdentity }
        try database.execute(
            sql: "INSERT INTO identity (id, audience, verifierKey, lastSeenTime) VALUES (1, ?, ?, 0)",
            arguments: [audience, Data(key)]
        )
    }

    static func checkFile(_ path: String) throws(StoreError) -> FileIdentity {
        var status = stat()
        guard lstat(path, &status) == 0 else {
            throw .cannotOpen(path: path, reason: String(cString: strerror(errno)))
        }
        guard status.st_mode & S_IFMT == S_IFREG else { throw .insecure(path: path, reason: "not a regular file") }
        guard geteuid() == 0 || status.st_uid == geteuid() else {
            throw .insecure(path: path, reason: "owned by another user")
        }
        guard status.st_mode & 0o077 == 0 else { throw .insecure(path: path, reason: "its permissions let others in") }
        return FileIdentity(status)
    }
}

/// Which file a path leads to.
struct FileIdentity: Equatable, Sendable {
    let device: dev_t
    let inode: ino_t

    init(_ status: stat) {
        self.device = status.st_dev
        self.inode = status.st_ino
    }

    init?(path: String) {
        var status = stat()
        guard lstat(path, &status) == 0 else { return nil }
        self.init(status)
    }
}
