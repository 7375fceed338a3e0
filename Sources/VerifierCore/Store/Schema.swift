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
