import Foundation
import GRDB
import Ristretto255
import ServiceSupport
import Statement

/// What the database's rows say.
extension Vault {
    static func find(_ key: EnrolmentKey, _ database: Database) throws -> (id: Int64, enrolment: Enrolment)? {
        let row = try Row.fetchOne(
            database,
            sql: "SELECT * FROM enrolment WHERE subject = ? AND audience = ? AND modality = ? AND label = ?",
            arguments: [key.subject, key.audience, Int64(key.modality.rawValue), key.label]
        )
        guard let row else { return nil }
        guard let id = row["id"] as Int64? else { throw VaultError.corrupt }
        return (id, try enrolment(row, database))
    }

    static func enrolment(_ row: Row, _ database: Database) throws -> Enrolment {
        guard let id = row["id"] as Int64?, let subject = row["subject"] as String?,
            let audience = row["audience"] as String?, let label = row["label"] as String?,
            let modality = (row["modality"] as Int64?).flatMap({ UInt8(exactly: $0) })
                .flatMap(Modality.init(rawValue:)),
            let uid = (row["uid"] as Int64?).flatMap({ UInt32(exactly: $0) }),
            let created = row["created"] as Int64?, let refreshes = row["refreshes"] as Int64?
        else { throw VaultError.corrupt }
        let policy = try pinnedPolicy(row)
        let openings = try Row.fetchAll(
            database,
            sql: "SELECT * FROM opening WHERE enrolment = ? ORDER BY rowid DESC",
            arguments: [id]
        )
        let current = try openings.first { ($0["slot"] as String?) == "current" }.map(Self.template)
        let sensorKey = try Data.fetchOne(database, sql: "SELECT key FROM sensor WHERE enrolment = ?", arguments: [id])
        return Enrolment(
            key: EnrolmentKey(subject: subject, audience: audience, modality: modality, label: label),
            uid: uid,
            origin: try origin(row),
            policy: policy,
            created: created,
            refreshes: Int(refreshes),
            current: current,
            pending: try openings.filter { ($0["slot"] as String?) == "pending" }.map { row in
                Enrolment.Pending(template: try Self.template(row), policy: try Self.policy(row, of: policy) ?? policy)
            },
            sensorKey: sensorKey.map { [UInt8]($0) }
        )
    }

    private static func origin(_ row: Row) throws -> Origin? {
        try (row["origin"] as String?).map { text in
            guard let origin = Origin(text) else { throw VaultError.corrupt }
            return origin
        }
    }

    private static func pinnedPolicy(_ row: Row) throws -> PinnedPolicy {
        guard let verifierKey = row["verifierKey"] as Data?, let model = row["model"] as Data?,
            let dimension = row["dimension"] as Int64?,
            let threshold = (row["threshold"] as Int64?).flatMap({ UInt16(exactly: $0) }),
            let minimumNorm = (row["minimumNorm"] as Int64?).flatMap({ UInt32(exactly: $0) }),
            let assurance = (row["assurance"] as Int64?).flatMap({ UInt8(exactly: $0) })
                .flatMap(Assurance.init(rawValue:))
        else { throw VaultError.corrupt }
        return PinnedPolicy(
            verifierKey: [UInt8](verifierKey),
            model: [UInt8](model),
            dimension: Int(dimension),
            threshold: threshold,
            minimumNorm: minimumNorm,
            assurance: assurance
        )
    }

    static func template(_ row: Row) throws -> Enrolment.Template {
        guard let epoch = row["epoch"] as Int64?, let bytes = row["commitment"] as Data?,
            let commitment = CompressedRistretto([UInt8](bytes))
        else { throw VaultError.corrupt }
        return Enrolment.Template(commitment: commitment, epoch: UInt64(bitPattern: epoch))
    }

    /// What the waiting template of an upgrade pins; nil where it pins what its enrolment does.
    static func policy(_ row: Row, of enrolment: PinnedPolicy) throws -> PinnedPolicy? {
        guard let model = row["model"] as Data? else { return nil }
        guard let dimension = row["dimension"] as Int64?,
            let threshold = (row["threshold"] as Int64?).flatMap({ UInt16(exactly: $0) }),
            let minimumNorm = (row["minimumNorm"] as Int64?).flatMap({ UInt32(exactly: $0) })
        else { throw VaultError.corrupt }
        return PinnedPolicy(
            verifierKey: enrolment.verifierKey,
            model: [UInt8](model),
            dimension: Int(dimension),
            threshold: threshold,
            minimumNorm: minimumNorm,
            assurance: enrolment.assurance
        )
    }
}
