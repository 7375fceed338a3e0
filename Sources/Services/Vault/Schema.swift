import Foundation
import GRDB
import Sodium

/// The database's schema and the checks that a file is this program's.
enum Schema {
    static let version = 4
    /// "SMBV" in the file's header tells the vault from any other SQLite file.
    static let applicationIdentifier = 0x534d_4256
    private static let keyCheckPlaintext = Array("semblance vault v1".utf8)

    /// Makes the tables in an empty file; refuses a file of another program or version.
    static func prepare(_ database: Database, key: SecretBytes) throws {
        let application = try Int.fetchOne(database, sql: "PRAGMA application_id") ?? 0
        let version = try Int.fetchOne(database, sql: "PRAGMA user_version") ?? 0
        let tables = try Int.fetchOne(database, sql: "SELECT count(*) FROM sqlite_master") ?? 0
        if application == 0, version == 0, tables == 0 {
            try create(database, key: key)
            return try addLaterTables(database)
        }
        guard application == applicationIdentifier else { throw VaultError.foreignDatabase }
        guard (1...Self.version).contains(version) else { throw VaultError.unsupportedSchema(version: version) }
        guard try check(key, database) else { throw VaultError.wrongKey }
        if version < 2 { try addUpgrades(database) }
        if version < 3 { try addOrigins(database) }
        if version < 4 { try addBootIdentities(database) }
        try addLaterTables(database)
    }

    /// Whether `key` opens a vault; nil where the file is empty yet.
    static func isOpened(_ database: Database, by key: SecretBytes) throws -> Bool? {
        let application = try Int.fetchOne(database, sql: "PRAGMA application_id") ?? 0
        guard application != 0 else { return nil }
        guard application == applicationIdentifier else { throw VaultError.foreignDatabase }
        return try check(key, database)
    }

    private static func check(_ key: SecretBytes, _ database: Database) throws -> Bool {
        let sealed = try Data.fetchOne(database, sql: "SELECT keyCheck FROM vault WHERE id = 1")
        guard let sealed else { throw VaultError.corrupt }
        return (try? AEAD.open(Array(sealed), key: key)) == keyCheckPlaintext
    }

    /// Version 4: of the boot that an attempt was made in, the name, and milliseconds instead of seconds. Attempts of
    /// before have no name.
    private static func addBootIdentities(_ database: Database) throws {
        try database.execute(
            sql: """
                ALTER TABLE attempts RENAME COLUMN boot TO bootMilliseconds;
                ALTER TABLE attempts ADD COLUMN bootIdentity BLOB;
                UPDATE attempts SET bootMilliseconds = min(bootMilliseconds, 9000000000000) * 1000;
                PRAGMA user_version = 4;
                """
        )
    }

    /// Tables by themselves, so that programs of this version that do not know of them still read the vault: the sensors that
    /// enrolments were made at (what such programs add is of unknown sensors), and when subjects last entered a password.
    private static func addLaterTables(_ database: Database) throws {
        try database.execute(
            sql: """
                CREATE TABLE IF NOT EXISTS password (
                    subject TEXT PRIMARY KEY,
                    wall INTEGER NOT NULL,
                    bootMilliseconds INTEGER NOT NULL CHECK (bootMilliseconds >= 0),
                    bootIdentity BLOB
                ) STRICT;
                CREATE TABLE IF NOT EXISTS sensor (
                    enrolment INTEGER PRIMARY KEY REFERENCES enrolment (id) ON DELETE CASCADE,
                    key BLOB NOT NULL CHECK (length(key) = 32)
                ) STRICT;
                """
        )
    }

    /// Version 3: an enrolment belongs to the place where its verifier was contacted. Those of before get theirs, and
    /// their openings a seal over it, when they are next used.
    private static func addOrigins(_ database: Database) throws {
        try database.execute(sql: "ALTER TABLE enrolment ADD COLUMN origin TEXT; PRAGMA user_version = 3;")
    }

    /// Version 2: several templates may wait beside the one in force, each with bounds of its own.
    private static func addUpgrades(_ database: Database) throws {
        try database.execute(
            sql: """
                ALTER TABLE opening RENAME TO opening1;
                CREATE TABLE opening (
                    enrolment INTEGER NOT NULL REFERENCES enrolment (id) ON DELETE CASCADE,
                    slot TEXT NOT NULL CHECK (slot IN ('current', 'pending')),
                    epoch INTEGER NOT NULL,
                    commitment BLOB NOT NULL CHECK (length(commitment) = 32),
                    isRefresh INTEGER NOT NULL CHECK (isRefresh IN (0, 1)),
                    sealed BLOB NOT NULL,
                    model BLOB CHECK (length(model) = 32),
                    dimension INTEGER,
                    threshold INTEGER,
                    minimumNorm INTEGER,
                    PRIMARY KEY (enrolment, commitment)
                ) STRICT;
                CREATE UNIQUE INDEX oneCurrentOpening ON opening (enrolment) WHERE slot = 'current';
                INSERT INTO opening (enrolment, slot, epoch, commitment, isRefresh, sealed)
                    SELECT enrolment, slot, epoch, commitment, isRefresh, sealed FROM opening1;
                DROP TABLE opening1;
                PRAGMA user_version = 2;
                """
        )
    }

    private static func create(_ database: Database, key: SecretBytes) throws {
        try database.execute(
            sql: """
                CREATE TABLE vault (
                    id INTEGER PRIMARY KEY CHECK (id = 1),
                    keyCheck BLOB NOT NULL
                ) STRICT;
                CREATE TABLE enrolment (
                    id INTEGER PRIMARY KEY,
                    subject TEXT NOT NULL,
                    uid INTEGER NOT NULL,
                    audience TEXT NOT NULL,
                    modality INTEGER NOT NULL,
                    label TEXT NOT NULL,
                    verifierKey BLOB NOT NULL CHECK (length(verifierKey) = 32),
                    model BLOB NOT NULL CHECK (length(model) = 32),
                    dimension INTEGER NOT NULL,
                    threshold INTEGER NOT NULL,
                    minimumNorm INTEGER NOT NULL,
                    assurance INTEGER NOT NULL,
                    created INTEGER NOT NULL,
                    refreshes INTEGER NOT NULL DEFAULT 0 CHECK (refreshes >= 0),
                    UNIQUE (subject, audience, modality, label)
                ) STRICT;
                CREATE TABLE opening (
                    enrolment INTEGER NOT NULL REFERENCES enrolment (id) ON DELETE CASCADE,
                    slot TEXT NOT NULL CHECK (slot IN ('current', 'pending')),
                    epoch INTEGER NOT NULL,
                    commitment BLOB NOT NULL CHECK (length(commitment) = 32),
                    isRefresh INTEGER NOT NULL CHECK (isRefresh IN (0, 1)),
                    sealed BLOB NOT NULL,
                    PRIMARY KEY (enrolment, slot)
                ) STRICT;
                CREATE TABLE attempts (
                    subject TEXT NOT NULL,
                    modality INTEGER NOT NULL,
                    failures INTEGER NOT NULL CHECK (failures >= 0),
                    wall INTEGER NOT NULL,
                    boot INTEGER NOT NULL CHECK (boot >= 0),
                    PRIMARY KEY (subject, modality)
                ) STRICT;
                """
        )
        try database.execute(
            sql: "INSERT INTO vault (id, keyCheck) VALUES (1, ?)",
            arguments: [Data(AEAD.seal(keyCheckPlaintext, key: key))]
        )
        try database.execute(sql: "PRAGMA application_id = \(applicationIdentifier)")
        try addUpgrades(database)
        try addOrigins(database)
        try addBootIdentities(database)
    }
}
