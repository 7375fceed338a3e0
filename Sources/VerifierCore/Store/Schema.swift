import GRDB

/// The tables, by version. A migration that has been released is never changed again.
enum Schema {
    static let enrolments = SealedTable(
        name: "enrolment",
        columns: [
            "subject", "modality", "label", "commitment", "suite", "model", "dimension", "threshold", "minimumNorm",
            "samples", "assurance", "epoch", "refreshes", "sensorKey", "state", "created", "updated",
        ]
    )
    /// Every commitment that was ever recorded, current ones included.
    static let commitments = SealedTable(name: "commitmentSeen", columns: ["commitment", "firstSeen"])
    static let challenges = SealedTable(
        name: "challenge",
        columns: [
            "nonce", "encoded", "role", "subjectPseudonym", "enrolment", "binding", "bindingKey", "token", "expires",
            "issuedAt", "issuedBootMilliseconds", "issuedBootIdentity", "consumed",
        ]
    )
    static let counters = SealedTable(
        name: "attemptCounter",
        columns: ["kind", "key", "issued", "known", "lastAt", "lastBootMilliseconds", "lastBootIdentity"]
    )
    static let tokens = SealedTable(name: "enrolmentToken", columns: ["hash", "subject", "created", "expires", "uses"])
    static let receipts = SealedTable(
        name: "receipt",
        columns: ["enrolment", "proofDigest", "binding", "bindingKey", "encoded", "created"]
    )

    static let sealed = [enrolments, commitments, challenges, counters, tokens, receipts]

    static var migrator: DatabaseMigrator {
        var migrator = DatabaseMigrator()
        migrator.registerMigration("v1") { database in
            try database.execute(sql: version1)
        }
        return migrator
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
}
