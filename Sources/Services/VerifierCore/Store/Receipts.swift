import Foundation
import GRDB

/// Whom a challenge was issued to; only the same may answer it.
enum Binding: Equatable, Sendable {
    /// One local connection, 32 random bytes.
    case connection([UInt8])
    /// A remote client's Ed25519 key, 32 bytes.
    case clientKey([UInt8])

    var kind: String {
        switch self {
        case .connection: "connection"
        case .clientKey: "clientKey"
        }
    }

    var key: [UInt8] {
        switch self {
        case .connection(let key), .clientKey(let key): key
        }
    }

    init?(kind: String, key: [UInt8]) {
        switch kind {
        case "connection": self = .connection(key)
        case "clientKey": self = .clientKey(key)
        default: return nil
        }
    }
}

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

extension StoreSession {
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
