import Foundation
import GRDB

/// The tables as they are today; ``SchemaMigrations`` makes them.
enum Schema {
    static let enrolments = SealedTable(
        name: "enrolment",
        columns: [
            "subject", "modality", "label", "commitment", "suite", "model", "dimension", "threshold", "minimumNorm",
            "samples", "assurance", "epoch", "refreshes", "sensorKey", "state", "created", "updated", "device",
        ]
    )
    /// Every commitment that was ever recorded, current ones included.
    static let commitments = SealedTable(name: "commitmentSeen", columns: ["commitment", "firstSeen"])
    static let attempts = SealedTable(
        name: "attempt",
        columns: ["place", "pseudonym", "failures", "lastAt", "lastBootMilliseconds", "lastBootIdentity"]
    )
    static let tokens = SealedTable(name: "enrolmentToken", columns: ["hash", "subject", "created", "expires", "uses"])
    static let receipts = SealedTable(
        name: "receipt",
        columns: ["enrolment", "proofDigest", "binding", "bindingKey", "encoded", "created"]
    )
    static let audit = SealedTable(
        name: "audit",
        columns: [
            "class", "time", "event", "subject", "modality", "label", "purpose", "reason", "origin", "digest", "chain",
            "lastTime", "count",
        ]
    )
    /// One row for each class of events: where its chain begins, where it ends, and how many rows it has. And one about all
    /// of these (see ``AuditTrail``).
    static let auditChains = SealedTable(name: "auditChain", columns: ["class", "anchor", "head", "rows"])

    /// Without them everything but the trail works on.
    static let auditTables: Set<String> = [audit.name, auditChains.name]

    static let sealed = [enrolments, commitments, attempts, tokens, receipts, audit, auditChains]

    /// What stands in a table, for who is told that it is damaged.
    static func words(for table: String) -> String {
        switch table {
        case enrolments.name: "the enrolments"
        case commitments.name: "the commitments that were ever recorded"
        case attempts.name: "the failed attempts"
        case tokens.name: "the enrolment tokens"
        case receipts.name: "the receipts"
        case audit.name: "the audit trail"
        case auditChains.name: "the heads of the audit trail"
        case "consumedNonce": "the challenges that were used up"
        case "identity": "the record of whose database it is"
        default: table
        }
    }
}

/// The ways from each version of the schema to the next. One that has been released is never changed again.
enum SchemaMigrations {
    /// - Parameter seal: under which rows are sealed anew where a table gets another column.
    static func migrator(seal: RowSeal) -> DatabaseMigrator {
        var migrator = DatabaseMigrator()
        migrator.registerMigration("v1") { database in
            try database.execute(sql: version1)
        }
        migrator.registerMigration("v2") { database in
            try bindEnrolments(database, seal: seal)
            try chainAudit(database, seal: seal)
            try database.execute(sql: version2)
        }
        migrator.registerMigration("v3") { database in
            try database.execute(sql: version3)
            try AuditTrail(database: database, seal: seal, retentionSeconds: .max).pin()
        }
        return migrator
    }

    /// Enrolments get the column `device`. What was last enrolled or rotated over HTTP is not bound to a device yet: the
    /// keys of clients were made for one command then.
    private static func bindEnrolments(_ database: Database, seal: RowSeal) throws {
        let old = SealedTable(name: "enrolment", columns: Schema.enrolments.columns.dropLast())
        let rows = try old.intactRows(in: database, seal: seal)
        let remote = Set(
            try Int64.fetchAll(database, sql: "SELECT enrolment FROM receipt WHERE binding = 'clientKey'")
        )
        try database.execute(sql: "ALTER TABLE enrolment ADD COLUMN device BLOB")
        for row in rows {
            let device: EnrolledDevice = remote.contains(row.id) ? .unbound : .local
            let values = row.values + [device.databaseValue?.databaseValue ?? .null]
            try Schema.enrolments.update(
                SealedRow(table: Schema.enrolments, id: row.id, values: values),
                in: database,
                seal: seal
            )
        }
    }

    /// The audit table gets classes, counts and a chain; what it had is kept.
    private static func chainAudit(_ database: Database, seal: RowSeal) throws {
        try database.execute(sql: "ALTER TABLE audit RENAME TO auditBefore")
        try database.execute(sql: auditTables)
        let trail = AuditTrail(database: database, seal: seal, retentionSeconds: .max)
        let cursor = try Row.fetchCursor(database, sql: "SELECT * FROM auditBefore ORDER BY id")
        while let row = try cursor.next() {
            guard let name: String = row.unsealed("event"), let kind = AuditEvent.Kind(rawValue: name) else { continue }
            let event = AuditEvent(
                time: UInt64(clamping: row.unsealed("time") ?? Int64(0)),
                kind: kind,
                // Strangers could cause all of these then.
                category: kind.usualCategory.isCoalesced ? .traffic : kind.usualCategory,
                subject: row.unsealed("subject") ?? "",
                modality: row.unsealed("modality"),
                label: row.unsealed("label"),
                reason: row.unsealed("reason"),
                origin: row.unsealed("origin") ?? ""
            )
            try trail.append(event)
        }
        try database.execute(sql: "DROP TABLE auditBefore")
    }

    private static let version1 = """
        CREATE TABLE identity (
            id INTEGER PRIMARY KEY CHECK (id = 1),
            audience TEXT NOT NULL,
            verifierKey BLOB NOT NULL,
            lastSeenTime INTEGER NOT NULL
        );
        CREATE TABLE enrolment (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            subject TEXT NOT NULL, modality INTEGER NOT NULL, label TEXT NOT NULL,
            commitment BLOB NOT NULL, suite INTEGER NOT NULL, model BLOB NOT NULL, dimension INTEGER NOT NULL,
            threshold INTEGER NOT NULL, minimumNorm INTEGER NOT NULL, samples INTEGER NOT NULL,
            assurance INTEGER NOT NULL, epoch INTEGER NOT NULL, refreshes INTEGER NOT NULL, sensorKey BLOB,
            state TEXT NOT NULL, created INTEGER NOT NULL, updated INTEGER NOT NULL, seal BLOB NOT NULL
        );
        CREATE UNIQUE INDEX enrolmentActive ON enrolment (subject, modality, label) WHERE state = 'active';
        CREATE TABLE commitmentSeen (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            commitment BLOB NOT NULL UNIQUE, firstSeen INTEGER NOT NULL, seal BLOB NOT NULL
        );
        CREATE TABLE challenge (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            nonce BLOB NOT NULL UNIQUE, encoded BLOB NOT NULL, role INTEGER NOT NULL,
            subjectPseudonym BLOB NOT NULL, enrolment INTEGER, binding TEXT NOT NULL, bindingKey BLOB NOT NULL,
            token INTEGER, expires INTEGER NOT NULL, issuedAt INTEGER NOT NULL,
            issuedBootMilliseconds INTEGER NOT NULL, issuedBootIdentity BLOB NOT NULL, consumed INTEGER NOT NULL,
            seal BLOB NOT NULL
        );
        CREATE INDEX challengeExpires ON challenge (expires);
        CREATE INDEX challengeEnrolment ON challenge (enrolment);
        CREATE INDEX challengeSubject ON challenge (subjectPseudonym);
        CREATE TABLE attemptCounter (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            kind TEXT NOT NULL, key BLOB NOT NULL, issued INTEGER NOT NULL,
            known INTEGER NOT NULL, lastAt INTEGER NOT NULL, lastBootMilliseconds INTEGER NOT NULL,
            lastBootIdentity BLOB NOT NULL, seal BLOB NOT NULL, UNIQUE (kind, key)
        );
        CREATE TABLE enrolmentToken (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            hash BLOB NOT NULL UNIQUE, subject TEXT NOT NULL, created INTEGER NOT NULL,
            expires INTEGER NOT NULL, uses INTEGER NOT NULL, seal BLOB NOT NULL
        );
        CREATE TABLE receipt (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            enrolment INTEGER NOT NULL UNIQUE, proofDigest BLOB NOT NULL,
            binding TEXT NOT NULL, bindingKey BLOB NOT NULL, encoded BLOB NOT NULL, created INTEGER NOT NULL,
            seal BLOB NOT NULL
        );
        CREATE INDEX receiptProof ON receipt (proofDigest);
        CREATE TABLE audit (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            time INTEGER NOT NULL, event TEXT NOT NULL, subject TEXT NOT NULL,
            modality TEXT, label TEXT, reason TEXT, origin TEXT NOT NULL
        );
        """

    private static let auditTables = """
        CREATE TABLE audit (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            class TEXT NOT NULL, time INTEGER NOT NULL, event TEXT NOT NULL, subject TEXT NOT NULL,
            modality TEXT, label TEXT, purpose TEXT, reason TEXT, origin TEXT NOT NULL, digest BLOB,
            chain BLOB NOT NULL, lastTime INTEGER NOT NULL, count INTEGER NOT NULL, seal BLOB NOT NULL
        );
        CREATE INDEX auditClass ON audit (class, id);
        CREATE INDEX auditSubject ON audit (subject, id);
        CREATE INDEX auditDigest ON audit (digest) WHERE digest IS NOT NULL;
        CREATE TABLE auditChain (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            class TEXT NOT NULL UNIQUE, anchor BLOB NOT NULL, head BLOB NOT NULL, rows INTEGER NOT NULL,
            seal BLOB NOT NULL
        );
        """

    /// Challenges are not stored any more, and attempts are refused proofs, no longer challenges.
    private static let version2 = """
        DROP TABLE challenge;
        DROP TABLE attemptCounter;
        CREATE TABLE consumedNonce (nonce BLOB PRIMARY KEY, expires INTEGER NOT NULL) WITHOUT ROWID;
        CREATE INDEX consumedNonceExpires ON consumedNonce (expires);
        CREATE TABLE attempt (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            place TEXT NOT NULL, pseudonym BLOB NOT NULL, failures INTEGER NOT NULL, lastAt INTEGER NOT NULL,
            lastBootMilliseconds INTEGER NOT NULL, lastBootIdentity BLOB NOT NULL, seal BLOB NOT NULL,
            UNIQUE (place, pseudonym)
        );
        CREATE INDEX enrolmentSubject ON enrolment (subject);
        CREATE INDEX enrolmentDevice ON enrolment (device, subject) WHERE state = 'active';
        CREATE INDEX enrolmentTokenExpires ON enrolmentToken (expires);
        ALTER TABLE identity ADD COLUMN clockGeneration INTEGER NOT NULL DEFAULT 0;
        """

    /// Lines of one class and subject are counted. What an earlier version called traffic stays so.
    private static let version3 = "CREATE INDEX auditClassSubject ON audit (class, subject, id)"
}
