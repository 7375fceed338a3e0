import Foundation
import GRDB
import Ristretto255
import Statement

extension StoreSession {
    /// The active enrolment of a subject under exactly this name, wherever it serves.
    func activeEnrolment(subject: String, modality: Modality, label: String) throws -> EnrolmentRecord? {
        try enrolment(where: Self.named, [subject, Int(modality.rawValue), label])
    }

    /// The active enrolments that serve local callers and fit, oldest first. Modality and label may be left open.
    func localEnrolments(subject: String, modality: Modality?, label: String?) throws -> [EnrolmentRecord] {
        let (condition, arguments) = Self.narrowed(modality, label)
        return try enrolments(
            where: "state = 'active' AND subject = ? AND (device IS NULL OR device = X'')" + condition,
            [subject] + arguments
        )
    }

    /// The active enrolments that serve the device with this key and fit, oldest first. Modality and label may be left
    /// open. Of those that serve any device (``EnrolledDevice/unbound``) it is one at most: their number would be shown
    /// to strangers.
    ///
    /// The rows are looked for under the key first: a device that is not enrolled costs the same steps whoever the
    /// subject is, so that it cannot tell from the time whether he is enrolled.
    func remoteEnrolments(
        device: [UInt8],
        subject: String,
        modality: Modality?,
        label: String?
    ) throws -> [EnrolmentRecord] {
        let (condition, arguments) = Self.narrowed(modality, label)
        func serving(_ key: Data, limit: Int) throws -> [EnrolmentRecord] {
            try enrolments(
                where: "state = 'active' AND device = ? AND subject = ?" + condition,
                [key, subject] + arguments,
                limit: limit
            )
        }
        let own = try serving(Data(device), limit: Self.maximumFitting)
        return own.isEmpty ? try serving(Data(), limit: 1) : own
    }

    /// More enrolments of a subject than that are not looked at: a policy allows him fewer.
    private static let maximumFitting = 64

    private static let named = "state = 'active' AND subject = ? AND modality = ? AND label = ?"

    private static func narrowed(
        _ modality: Modality?,
        _ label: String?
    ) -> (condition: String, arguments: [(any DatabaseValueConvertible)?]) {
        var condition = ""
        var arguments: [(any DatabaseValueConvertible)?] = []
        if let modality {
            condition += " AND modality = ?"
            arguments.append(Int(modality.rawValue))
        }
        if let label {
            condition += " AND label = ?"
            arguments.append(label)
        }
        return (condition, arguments)
    }

    private func enrolments(
        where condition: String,
        _ arguments: [(any DatabaseValueConvertible)?],
        limit: Int = maximumFitting
    ) throws -> [EnrolmentRecord] {
        try Schema.enrolments
            .rows(where: condition + " ORDER BY id LIMIT ?", arguments + [limit], in: database, seal: seal)
            .map(EnrolmentRecord.init(row:))
    }

    private func enrolment(
        where condition: String,
        _ arguments: [(any DatabaseValueConvertible)?]
    ) throws -> EnrolmentRecord? {
        try Schema.enrolments
            .row(where: condition + " ORDER BY id", arguments, in: database, seal: seal)
            .map(EnrolmentRecord.init(row:))
    }

    func enrolment(id: Int64) throws -> EnrolmentRecord? {
        try Schema.enrolments.row(where: "id = ?", [id], in: database, seal: seal).map(EnrolmentRecord.init(row:))
    }

    /// All enrolments, revoked ones included, of one subject or of all, in the order of their ids.
    ///
    /// - Parameters:
    ///   - id: only those after this one.
    ///   - limit: at most so many.
    func enrolments(subject: String?, after id: Int64 = 0, limit: Int = .max) throws -> [EnrolmentRecord] {
        let (condition, arguments): (String, [(any DatabaseValueConvertible)?]) =
            if let subject { ("subject = ? AND id > ?", [subject, id]) } else { ("id > ?", [id]) }
        return try Schema.enrolments
            .rows(
                where: condition + " ORDER BY id LIMIT ?",
                arguments + [Int64(clamping: limit)],
                in: database,
                seal: seal
            )
            .map(EnrolmentRecord.init(row:))
    }

    func isEnrolled(subject: String) throws -> Bool {
        try Int.fetchOne(
            database,
            sql: "SELECT 1 FROM enrolment WHERE state = 'active' AND subject = ? LIMIT 1",
            arguments: [subject]
        ) != nil
    }

    /// Whether an enrolment of the subject serves this device (nil: local callers) and was made by it: not one that serves
    /// any device.
    func isEnrolled(subject: String, device: [UInt8]?) throws -> Bool {
        let condition = device == nil ? "(device IS NULL OR device = X'')" : "device = ?"
        return try Int.fetchOne(
            database,
            sql: "SELECT 1 FROM enrolment WHERE state = 'active' AND subject = ? AND \(condition) LIMIT 1",
            arguments: StatementArguments([subject] + (device.map { [Data($0)] } ?? []))
        ) != nil
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
}
