import Foundation
import GRDB
import MatchProof
import Ristretto255

extension StoreSession {
    /// The active enrolment of a subject; the oldest that fits where modality or label are left open.
    func activeEnrolment(subject: String, modality: Modality?, label: String?) throws -> EnrolmentRecord? {
        var condition = "state = ? AND subject = ?"
        var arguments: [(any DatabaseValueConvertible)?] = [EnrolmentState.active.rawValue, subject]
        if let modality {
            condition += " AND modality = ?"
            arguments.append(Int(modality.rawValue))
        }
        if let label {
            condition += " AND label = ?"
            arguments.append(label)
        }
        return try Schema.enrolments
            .row(where: condition + " ORDER BY id", arguments, in: database, seal: seal)
            .map(EnrolmentRecord.init(row:))
    }

    func enrolment(id: Int64) throws -> EnrolmentRecord? {
        try Schema.enrolments.row(where: "id = ?", [id], in: database, seal: seal).map(EnrolmentRecord.init(row:))
    }

    /// All enrolments, revoked ones included, of one subject or of all.
    func enrolments(subject: String?) throws -> [EnrolmentRecord] {
        let rows =
            if let subject {
                try Schema.enrolments.rows(where: "subject = ?", [subject], in: database, seal: seal)
            } else {
                try Schema.enrolments.rows(in: database, seal: seal)
            }
        return try rows.map(EnrolmentRecord.init(row:))
    }

    func isEnrolled(subject: String) throws -> Bool {
        try activeEnrolment(subject: subject, modality: nil, label: nil) != nil
    }

    /// Records an enrolment and its commitment.
    ///
    /// - Returns: its id.
    func insert(_ record: EnrolmentRecord) throws -> Int64 {
        try remember(record.commitment)
        return try Schema.enrolments.insert(record.values, into: database, seal: seal)
    }

    /// Writes a changed enrolment back under the same id.
    func update(_ record: EnrolmentRecord) throws {
        let row = SealedRow(
            table: Schema.enrolments,
            id: record.id,
            values: record.values.map { $0?.databaseValue ?? .null }
        )
        try Schema.enrolments.update(row, in: database, seal: seal)
    }

    /// Whether the commitment was ever recorded, for anybody.
    func isSeen(_ commitment: CompressedRistretto) throws -> Bool {
        try Schema.commitments.row(where: "commitment = ?", [Data(commitment.bytes)], in: database, seal: seal) != nil
    }

    func remember(_ commitment: CompressedRistretto) throws {
        try Schema.commitments.insert(
            [Data(commitment.bytes), Int64(clamping: now.unixSeconds)],
            into: database,
            seal: seal
        )
    }

    /// The receipt that `proofDigest` (SHA-512) earned, if it is still the last one of its enrolment.
    func receipt(proofDigest: [UInt8]) throws -> ReceiptRecord? {
        try Schema.receipts.row(where: "proofDigest = ?", [Data(proofDigest)], in: database, seal: seal)
            .map(ReceiptRecord.init(row:))
    }

    /// Keeps a receipt in place of the enrolment's earlier one.
    func keep(_ receipt: ReceiptRecord) throws {
        try dropReceipt(enrolment: receipt.enrolment)
        try Schema.receipts.insert(receipt.values, into: database, seal: seal)
    }

    func dropReceipt(enrolment: Int64) throws {
        try Schema.receipts.delete(where: "enrolment = ?", [enrolment], in: database)
    }
}
