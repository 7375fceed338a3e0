import Foundation
import GRDB

/// The receipt of the last enrolment or rotation of a template, kept so that it can be fetched again.
struct ReceiptRecord: Sendable {
    var enrolment: Int64
    /// SHA-512 of the proof that earned it.
    var proofDigest: [UInt8]
    var binding: Binding
    /// The signed receipt.
    var encoded: [UInt8]
    var created: UInt64

    /// The columns of `Schema.receipts`.
    var values: [(any DatabaseValueConvertible)?] {
        [
            enrolment, Data(proofDigest), binding.kind, Data(binding.key), Data(encoded), Int64(clamping: created),
        ]
    }

    init(enrolment: Int64, proofDigest: [UInt8], binding: Binding, encoded: [UInt8], created: UInt64) {
        self.enrolment = enrolment
        self.proofDigest = proofDigest
        self.binding = binding
        self.encoded = encoded
        self.created = created
    }

    init(row: SealedRow) throws {
        guard let binding = Binding(kind: try row.value("binding"), key: try row.bytes("bindingKey", count: 32)) else {
            throw row.damaged
        }
        self.enrolment = try row.value("enrolment")
        self.proofDigest = try row.bytes("proofDigest", count: 64)
        self.binding = binding
        self.encoded = try row.bytes("encoded")
        self.created = try row.integer("created")
    }
}
