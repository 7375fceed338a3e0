import Commitments
import Foundation
import GRDB
import ServiceSupport
import Sodium

/// Sealed openings, and what a seal is bound to.
extension Vault {
    /// The opening of the template in force, or of one that waits.
    public func opening(_ key: EnrolmentKey, of template: Enrolment.Template? = nil) throws(VaultError)
        -> TemplateOpening
    {
        let sealed: (bytes: [UInt8], additionalData: [UInt8], commitment: [UInt8]) = try reading { database in
            guard let known = try Self.find(key, database), let template = template ?? known.enrolment.current else {
                throw VaultError.notEnrolled
            }
            let sealed = try Data.fetchOne(
                database,
                sql: "SELECT sealed FROM opening WHERE enrolment = ? AND commitment = ? AND epoch = ?",
                arguments: [known.id, Data(template.commitment.bytes), Int64(bitPattern: template.epoch)]
            )
            guard let sealed else { throw VaultError.noPendingTemplate }
            let additionalData = Self.additionalData(
                known.enrolment,
                known.enrolment.policy(of: template),
                origin: known.enrolment.origin,
                epoch: template.epoch,
                commitment: template.commitment.bytes
            )
            return ([UInt8](sealed), additionalData, template.commitment.bytes)
        }
        guard let plaintext = try? AEAD.openSecret(sealed.bytes, key: self.key, additionalData: sealed.additionalData)
        else { throw .brokenSeal(label: key.label) }
        let opening = plaintext.withUnsafeBytes { try? TemplateOpening(decoding: $0) }
        guard let opening, opening.commitment.bytes == sealed.commitment else { throw .brokenSeal(label: key.label) }
        return opening
    }

    /// Pins the origin of an enrolment of before origins were pinned, and seals its openings anew over it. One that has an
    /// origin keeps it.
    public func pin(_ key: EnrolmentKey, to origin: Origin) throws(VaultError) {
        guard let found = try enrolment(key) else { throw .notEnrolled }
        guard found.origin == nil else { return }
        try writing { database in
            guard let known = try Self.find(key, database) else { throw VaultError.notEnrolled }
            guard known.enrolment.origin == nil else { return }
            let rows = try Row.fetchAll(
                database,
                sql: "SELECT rowid, * FROM opening WHERE enrolment = ?",
                arguments: [known.id]
            )
            for row in rows {
                let sealed = try self.resealed(row, of: known.enrolment, to: origin)
                try database.execute(
                    sql: "UPDATE opening SET sealed = ? WHERE rowid = ?",
                    arguments: [Data(sealed), row["rowid"] as Int64?]
                )
            }
            try database.execute(
                sql: "UPDATE enrolment SET origin = ? WHERE id = ?",
                arguments: [origin.text, known.id]
            )
        }
        try truncateLog()
    }

    private func resealed(_ row: Row, of enrolment: Enrolment, to origin: Origin) throws -> [UInt8] {
        let template = try Self.template(row)
        let policy = try Self.policy(row, of: enrolment.policy) ?? enrolment.policy
        func additionalData(_ origin: Origin?) -> [UInt8] {
            Self.additionalData(
                enrolment,
                policy,
                origin: origin,
                epoch: template.epoch,
                commitment: template.commitment.bytes
            )
        }
        guard let old = row["sealed"] as Data?,
            let plaintext = try? AEAD.openSecret([UInt8](old), key: key, additionalData: additionalData(nil))
        else { throw VaultError.brokenSeal(label: enrolment.key.label) }
        return AEAD.seal(plaintext, key: key, additionalData: additionalData(origin))
    }

    /// Seals an opening and keeps it as pending, beside at most ``maximumPending`` others.
    func store(
        _ opening: TemplateOpening,
        epoch: UInt64,
        isRefresh: Bool,
        policy: PinnedPolicy? = nil,
        of known: (id: Int64, enrolment: Enrolment),
        _ database: Database
    ) throws {
        var plaintext = opening.encode()
        defer { SecretBytes.zero(&plaintext) }
        let commitment = opening.commitment.bytes
        let sealed = AEAD.seal(
            plaintext,
            key: key,
            additionalData: Self.additionalData(
                known.enrolment,
                policy ?? known.enrolment.policy,
                origin: known.enrolment.origin,
                epoch: epoch,
                commitment: commitment
            )
        )
        try database.execute(
            sql: """
                INSERT INTO opening (enrolment, slot, epoch, commitment, isRefresh, sealed, model, dimension, threshold,
                    minimumNorm)
                VALUES (?, 'pending', ?, ?, ?, ?, ?, ?, ?, ?)
                ON CONFLICT (enrolment, commitment) DO UPDATE SET epoch = excluded.epoch,
                    isRefresh = excluded.isRefresh, sealed = excluded.sealed, model = excluded.model,
                    dimension = excluded.dimension, threshold = excluded.threshold, minimumNorm = excluded.minimumNorm
                WHERE slot = 'pending'
                """,
            arguments: [
                known.id, Int64(bitPattern: epoch), Data(commitment), isRefresh, Data(sealed),
                policy.map { Data($0.model) }, policy?.dimension, (policy?.threshold).map { Int64($0) },
                (policy?.minimumNorm).map { Int64($0) },
            ]
        )
        try database.execute(
            sql: """
                DELETE FROM opening WHERE enrolment = ?1 AND slot = 'pending' AND rowid NOT IN
                    (SELECT rowid FROM opening WHERE enrolment = ?1 AND slot = 'pending' ORDER BY rowid DESC LIMIT ?2)
                """,
            arguments: [known.id, Self.maximumPending]
        )
    }

    /// What a sealed opening is bound to: whose it is, which template it opens, and where and under which bounds it may
    /// be used. Version 1 is of enrolments without an origin.
    private static func additionalData(
        _ enrolment: Enrolment,
        _ policy: PinnedPolicy,
        origin: Origin?,
        epoch: UInt64,
        commitment: [UInt8]
    ) -> [UInt8] {
        var data = Array("semblance opening v\(origin == nil ? 1 : 2)".utf8)
        func append(_ bytes: some Collection<UInt8>) {
            withUnsafeBytes(of: UInt32(truncatingIfNeeded: bytes.count).littleEndian) { data.append(contentsOf: $0) }
            data.append(contentsOf: bytes)
        }
        func append(_ integer: UInt64) {
            withUnsafeBytes(of: integer.littleEndian) { data.append(contentsOf: $0) }
        }
        append(enrolment.key.subject.utf8)
        append(enrolment.key.audience.utf8)
        append(UInt64(enrolment.key.modality.rawValue))
        append(enrolment.key.label.utf8)
        append(epoch)
        append(commitment)
        append(UInt64(enrolment.uid))
        append(policy.verifierKey)
        append(policy.model)
        append(UInt64(bitPattern: Int64(policy.dimension)))
        append(UInt64(policy.threshold))
        append(UInt64(policy.minimumNorm))
        append(UInt64(policy.assurance.rawValue))
        if let origin { append(origin.text.utf8) }
        return data
    }
}
