import Commitments
import Encoding
import Ristretto255
import Sodium

/// The verifier's signed word that it recorded a template: the prover commits an enrolment or a rotation on it.
public struct Receipt: Equatable, Sendable {
    /// Any but `authenticate`, which records nothing.
    public let role: Role
    /// That of the challenge that was answered, as are the next four.
    public let modality: Modality
    /// The verifier's name, 1 to 255 bytes.
    public let audience: String
    /// The account, 1 to 255 bytes.
    public let subject: String
    /// Which of the subject's templates of this modality, 1 to 64 bytes.
    public let label: String
    /// The commitment as recorded now; never the identity.
    public let template: CompressedRistretto
    /// The epoch that `template` begins.
    public let epoch: UInt64
    /// Identity of the model that the template is of, 32 bytes: after an upgrade the new one.
    public let model: [UInt8]
    /// Seconds since 1970-01-01 00:00 UTC.
    public let time: UInt64

    /// - Precondition: fields as a valid challenge has them; nothing is checked.
    public init(
        role: Role,
        modality: Modality,
        audience: String,
        subject: String,
        label: String,
        template: CompressedRistretto,
        epoch: UInt64,
        model: [UInt8],
        time: UInt64
    ) {
        self.role = role
        self.modality = modality
        self.audience = audience
        self.subject = subject
        self.label = label
        self.template = template
        self.epoch = epoch
        self.model = model
        self.time = time
    }

    static let magic: [UInt8] = Array("SMBR".utf8)
    static let version: UInt8 = 1

    func encode() -> [UInt8] {
        var writer = WireWriter()
        writer.append(raw: Self.magic)
        writer.append(Self.version)
        writer.append(role.rawValue)
        writer.append(modality.rawValue)
        writer.append(string: audience)
        writer.append(string: subject)
        writer.append(string: label)
        writer.append(point: template)
        writer.append(epoch)
        writer.append(raw: model)
        writer.append(time)
        return writer.bytes
    }

    /// Reads a receipt and leaves what follows it, the signature, to the caller.
    ///
    /// - Throws: the first field that is malformed; `unknownValue` for a role that records nothing.
    package init(reading reader: inout WireReader) throws(WireError) {
        guard try reader.readRaw(4) == Self.magic else { throw .badMagic }
        guard try reader.readInteger(UInt8.self) == Self.version else { throw .unsupportedVersion }
        guard let role = Role(rawValue: try reader.readInteger()), role.yieldsTemplate else {
            throw .unknownValue(field: .role)
        }
        guard let modality = Modality(rawValue: try reader.readInteger()) else {
            throw .unknownValue(field: .modality)
        }
        self.role = role
        self.modality = modality
        self.audience = try reader.readString(limit: 255, field: .audience)
        self.subject = try reader.readString(limit: 255, field: .subject)
        self.label = try reader.readString(limit: 64, field: .label)
        self.template = try reader.readPoint(.template)
        guard template.decompress() != nil else { throw .invalidPoint(field: .template) }
        self.epoch = try reader.readInteger()
        self.model = try reader.readRaw(32)
        self.time = try reader.readInteger()
        guard template != .identity else { throw .identityPoint(field: .template) }
    }
}

/// A receipt with the verifier's Ed25519 signature over `"semblance receipt v1" || receipt`.
public struct SignedReceipt: Equatable, Sendable {
    /// What ``bytes`` begin with, decoded.
    public let receipt: Receipt
    /// The encoded receipt followed by 64 bytes of signature.
    public let bytes: [UInt8]

    static let signingContext: [UInt8] = Array("semblance receipt v1".utf8)
    static let signatureByteCount = 64

    /// - Parameter key: the verifier's, the one that its challenges name.
    public init(signing receipt: Receipt, with key: SigningKey) {
        let encoded = receipt.encode()
        self.receipt = receipt
        self.bytes = encoded + key.sign(Self.signingContext + encoded)
    }

    /// Reads a receipt and 64 bytes more; whose signature that is only ``isSigned(by:)`` tells.
    public init(decoding bytes: some Collection<UInt8>) throws(WireError) {
        var reader = WireReader(bytes)
        self.receipt = try Receipt(reading: &reader)
        _ = try reader.readRaw(Self.signatureByteCount)
        try reader.finish()
        self.bytes = Array(bytes)
    }

    /// Whether these bytes were signed by `key`: a receipt names no key, so whoever asks must know the verifier's.
    public func isSigned(by key: VerifyingKey) -> Bool {
        key.isValid(
            signature: Array(bytes.suffix(Self.signatureByteCount)),
            for: Self.signingContext + bytes.dropLast(Self.signatureByteCount)
        )
    }
}

/// What a verified proof establishes. Which sensors are believed is for who verifies to say.
public enum Verdict: String, Sendable {
    /// A sensor signed, for this very challenge, the commitment that the proof starts from.
    case biometric
    /// The prover holds an opening of the template and a matching embedding; no sensor vouches for a capture.
    case possession
}
