import Commitments
import Foundation
import GRDB
import ServiceSupport

/// Enrolments: recorded as pending, put in force by a receipt, forgotten.
extension Vault {
    /// All enrolments, or those of one uid, by subject, audience, modality and label.
    public func enrolments(of uid: UInt32? = nil) throws(VaultError) -> [Enrolment] {
        try reading { database in
            let rows = try Row.fetchAll(
                database,
                sql: """
                    SELECT * FROM enrolment WHERE ?1 IS NULL OR uid = ?1
                    ORDER BY subject, audience, modality, label
                    """,
                arguments: [uid.map { Int64($0) }]
            )
            return try rows.map { try Self.enrolment($0, database) }
        }
    }

    /// The enrolment, nil when there is none.
    public func enrolment(_ key: EnrolmentKey) throws(VaultError) -> Enrolment? {
        try reading { try Self.find(key, $0)?.enrolment }
    }

    /// Records a new enrolment that waits for the verifier's receipt. An earlier one that still waits is replaced.
    ///
    /// - Parameters:
    ///   - origin: where the verifier was contacted.
    ///   - sensorKey: the key, 32 bytes, that signed the samples; nil where none did.
    /// - Throws: `alreadyEnrolled` when there is an active one.
    public func addPending(
        _ key: EnrolmentKey,
        uid: UInt32,
        origin: Origin,
        policy: PinnedPolicy,
        opening: TemplateOpening,
        sensorKey: [UInt8]? = nil
    ) throws(VaultError) {
        let created = Int64(clamping: try now().unixSeconds)
        try writing { database in
            if let known = try Self.find(key, database) {
                guard known.enrolment.state == .pending else { throw VaultError.alreadyEnrolled }
                try database.execute(sql: "DELETE FROM enrolment WHERE id = ?", arguments: [known.id])
            }
            try database.execute(
                sql: """
                    INSERT INTO enrolment (subject, uid, audience, modality, label, verifierKey, model, dimension,
                        threshold, minimumNorm, assurance, created, origin)
                    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                    """,
                arguments: [
                    key.subject, Int64(uid), key.audience, Int64(key.modality.rawValue), key.label,
                    Data(policy.verifierKey), Data(policy.model), policy.dimension, Int64(policy.threshold),
                    Int64(policy.minimumNorm), Int64(policy.assurance.rawValue), created, origin.text,
                ]
            )
            guard let added = try Self.find(key, database) else { throw VaultError.corrupt }
            if let sensorKey {
                try database.execute(
                    sql: "INSERT INTO sensor (enrolment, key) VALUES (?, ?)",
                    arguments: [added.id, Data(sensorKey)]
                )
            }
            try self.store(opening, epoch: 0, isRefresh: false, of: added, database)
        }
    }

    /// Records the template of a rotation, which waits for the verifier's receipt beside the one in force and others that
    /// wait.
    ///
    /// - Parameters:
    ///   - current: the template that the rotation was proved against.
    ///   - isRefresh: whether it is made of fresh samples, which counts against ``maximumRefreshes``.
    ///   - policy: what an upgrade pins instead; the verifier's key and the assurance stay what they are.
    public func addPending(
        _ key: EnrolmentKey,
        after current: Enrolment.Template,
        opening: TemplateOpening,
        isRefresh: Bool,
        policy: PinnedPolicy? = nil
    ) throws(VaultError) {
        let (epoch, overflow) = current.epoch.addingReportingOverflow(1)
        guard !overflow else { throw .busy }
        try writing { database in
            guard let known = try Self.find(key, database), known.enrolment.state == .active else {
                throw VaultError.notEnrolled
            }
            // Another rotation was put in force while this one was proved.
            guard known.enrolment.current == current else { throw VaultError.busy }
            guard !isRefresh || known.enrolment.refreshes < Self.maximumRefreshes else { throw VaultError.refreshLimit }
            try self.store(opening, epoch: epoch, isRefresh: isRefresh, policy: policy, of: known, database)
        }
    }

    /// Puts a waiting template in force, and destroys the one it replaces and whatever else waits.
    public func commit(_ key: EnrolmentKey, _ template: Enrolment.Template) throws(VaultError) {
        guard try enrolment(key)?.isPending(template) ?? false else {
            throw try enrolment(key) == nil ? .notEnrolled : .noPendingTemplate
        }
        // What cannot be opened must not replace what can.
        _ = try opening(key, of: template)
        try writing { database in
            guard let known = try Self.find(key, database), known.enrolment.isPending(template) else {
                throw VaultError.noPendingTemplate
            }
            let commitment = Data(template.commitment.bytes)
            try database.execute(
                sql: """
                    UPDATE enrolment SET refreshes = refreshes + made.isRefresh,
                        model = coalesce(made.model, enrolment.model),
                        dimension = coalesce(made.dimension, enrolment.dimension),
                        threshold = coalesce(made.threshold, enrolment.threshold),
                        minimumNorm = coalesce(made.minimumNorm, enrolment.minimumNorm)
                    FROM opening AS made
                    WHERE enrolment.id = ?1 AND made.enrolment = ?1 AND made.commitment = ?2
                    """,
                arguments: [known.id, commitment]
            )
            try database.execute(
                sql: "DELETE FROM opening WHERE enrolment = ? AND commitment <> ?",
                arguments: [known.id, commitment]
            )
            try database.execute(
                sql: """
                    UPDATE opening SET slot = 'current', model = NULL, dimension = NULL, threshold = NULL,
                        minimumNorm = NULL
                    WHERE enrolment = ?
                    """,
                arguments: [known.id]
            )
        }
        try truncateLog()
    }

    /// Forgets an enrolment and destroys its openings.
    public func revoke(_ key: EnrolmentKey) throws(VaultError) {
        try writing { database in
            guard let known = try Self.find(key, database) else { throw VaultError.notEnrolled }
            try database.execute(sql: "DELETE FROM enrolment WHERE id = ?", arguments: [known.id])
        }
        try truncateLog()
    }
}
