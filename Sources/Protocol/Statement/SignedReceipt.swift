import Commitments
import Encoding
import Sodium

/// A receipt with the verifier's Ed25519 signature over `"semblance receipt v1" || receipt`.
public struct SignedReceipt: Equatable, Sendable {
    public let receipt: Receipt
    /// The encoded receipt followed by 64 bytes of signature.
    public let bytes: [UInt8]

    static let signingContext: [UInt8] = Array("semblance receipt v1".utf8)
    static let signatureByteCount = 64

    public init(signing receipt: Receipt, with key: SigningKey) {
        let encoded = receipt.encode()
        self.receipt = receipt
        self.bytes = encoded + key.sign(Self.signingContext + encoded)
    }

    public init(decoding bytes: some Collection<UInt8>) throws(WireError) {
        var reader = WireReader(bytes)
        self.receipt = try Receipt(reading: &reader)
        _ = try reader.readRaw(Self.signatureByteCount)
        try reader.finish()
        self.bytes = Array(bytes)
    }

    public func isSigned(by key: VerifyingKey) -> Bool {
        key.isValid(
            signature: Array(bytes.suffix(Self.signatureByteCount)),
            for: Self.signingContext + bytes.dropLast(Self.signatureByteCount)
        )
    }
}
