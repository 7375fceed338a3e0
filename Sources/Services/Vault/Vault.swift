import Foundation
import GRDB
import ServiceSupport
import Sodium

/// The prover's store: enrolments, their sealed openings, and the counters of failed attempts.
///
/// Every opening is sealed by XChaCha20-Poly1305 with everything that its enrolment pinned as additional data, so
/// neither the opening nor the bounds that it may be used under can be altered. Every change is one transaction,
/// durable before the call returns.
public final class Vault: Sendable {
    /// How many templates may wait for a receipt; the oldest gives way.
    static let maximumPending = 4

    /// How often a template may be refreshed. Each refresh may move it by the threshold (attacks.md F18), so the cap
    /// bounds how far it can drift from what was enrolled.
    public static let maximumRefreshes = 10

    let database: DatabaseQueue
    let key: SecretBytes
    let clock: any HostClock

    /// Opens the vault in `directory`, which is made with mode 0700 when it is missing.
    ///
    /// - Parameter key: 32 bytes, see ``VaultKey``.
    public convenience init(
        directory: String,
        key: SecretBytes,
        clock: any HostClock = SystemClock()
    ) throws(VaultError) {
        try self.init(directory: directory, key: key, clock: clock, maximumPages: nil)
    }

    init(directory: String, key: SecretBytes, clock: any HostClock, maximumPages: Int?) throws(VaultError) {
        let path = directory + "/vault.sqlite"
        do {
            try SafeFile.secretDirectory(directory)
            do {
                try SafeFile.create(path, contents: SecretBytes(count: 0))
            } catch .alreadyExists {
                try SafeFile.check(path, privacy: .secret)
            }
        } catch {
            throw .file(error)
        }
        guard key.count == AEAD.keyByteCount else { throw .wrongKey }
        self.key = key
        self.clock = clock
        self.database = try Self.translating {
            try DatabaseQueue(path: path, configuration: Self.configuration(maximumPages))
        }
        try Self.translating { [database] in
            try database.write { try Schema.prepare($0, key: key) }
        }
    }

    private static func configuration(_ maximumPages: Int?) -> Configuration {
        var configuration = Configuration()
        configuration.foreignKeysEnabled = true
        configuration.busyMode = .timeout(5)
        configuration.prepareDatabase { database in
            // synchronous FULL: a counted attempt must survive a power cut right after it.
            try database.execute(
                sql: """
                    PRAGMA journal_mode = WAL;
                    PRAGMA synchronous = FULL;
                    PRAGMA secure_delete = ON;
                    PRAGMA trusted_schema = OFF;
                    """
            )
            if let maximumPages { try database.execute(sql: "PRAGMA max_page_count = \(maximumPages)") }
        }
        return configuration
    }

    /// The key that is `uid`'s at a verifier of this origin, another for each of the two. Nothing of it is stored.
    public func deviceKey(of uid: UInt32, at origin: Origin) -> SigningKey {
        var message = Array("semblance device key v1".utf8)
        withUnsafeBytes(of: uid.littleEndian) { message.append(contentsOf: $0) }
        message.append(contentsOf: origin.text.utf8)
        var bytes = Hash.blake2b(message, count: SigningKey.seedByteCount, key: key)
        defer { SecretBytes.zero(&bytes) }
        guard let deviceKey = SigningKey(seed: SecretBytes(copying: bytes)) else {
            fatalError("32 bytes are an Ed25519 seed")
        }
        return deviceKey
    }

    // MARK: Access

    func now() throws(VaultError) -> ClockReading {
        guard let now = clock.read() else { throw .clock }
        return now
    }

    func reading<Result>(_ body: (Database) throws -> Result) throws(VaultError) -> Result {
        try Self.translating { try database.read(body) }
    }

    func writing<Result>(_ body: (Database) throws -> Result) throws(VaultError) -> Result {
        try Self.translating { try database.write(body) }
    }

    /// Moves the write-ahead log into the database, so that nothing that was destroyed stays readable in it.
    func truncateLog() throws(VaultError) {
        try Self.translating {
            _ = try database.writeWithoutTransaction { try $0.checkpoint(.truncate) }
        }
    }

    static func translating<Result>(_ body: () throws -> Result) throws(VaultError) -> Result {
        do {
            return try body()
        } catch let error as VaultError {
            throw error
        } catch let error as DatabaseError {
            switch error.resultCode {
            case .SQLITE_FULL: throw .diskFull
            case .SQLITE_BUSY, .SQLITE_LOCKED: throw .busy
            case .SQLITE_CORRUPT, .SQLITE_NOTADB: throw .corrupt
            default: throw .database(code: error.extendedResultCode.rawValue)
            }
        } catch {
            throw .corrupt
        }
    }
}
