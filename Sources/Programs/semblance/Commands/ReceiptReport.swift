import Sodium
import Statement

/// What `--json` prints of a verifier's receipt.
struct ReceiptReport: Codable {
    let role: String
    let subject: String
    let audience: String
    let modality: String
    let label: String
    let epoch: UInt64
    /// Hexadecimal.
    let template: String
    let model: String

    init(_ bytes: [UInt8]) throws {
        let receipt: Receipt
        do {
            receipt = try SignedReceipt(decoding: bytes).receipt
        } catch {
            throw CommandFailure(.unavailable, "the verifier's receipt is malformed")
        }
        role = receipt.role.name
        subject = receipt.subject
        audience = receipt.audience
        modality = receipt.modality.name
        label = receipt.label
        epoch = receipt.epoch
        template = Hexadecimal.encode(receipt.template.bytes)
        model = Hexadecimal.encode(receipt.model)
    }
}
