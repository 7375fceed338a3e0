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
    /// One row for each class of events: where its chain begins, where it ends, and how many rows it has.
    static let auditChains = SealedTable(name: "auditChain", columns: ["class", "anchor", "head", "rows"])

    static let sealed = [enrolments, commitments, attempts, tokens, receipts, audit, auditChains]
}
