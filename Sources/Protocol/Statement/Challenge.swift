import Commitments
import Encoding
import Ristretto255

/// Everything a verifier fixes before a capture: who asks, for whom, against which template, how strictly, until when.
///
/// All of it is absorbed into the proof, and the verifier signs it (`SignedChallenge`): an unsigned or a variable
/// threshold would be a distance oracle (attacks.md F7).
public struct Challenge: Equatable, Sendable {
    /// Fixes which parts the proof has, and whether there are a template and a previous model.
    public var role: Role
    /// What is captured; the one that ``model`` is for.
    public var modality: Modality
    /// What the proof starts from, and so whether it has network proofs.
    public var assurance: Assurance
    /// The verifier's name, 1 to 255 bytes.
    public var audience: String
    /// The Ed25519 key that signs this challenge, 32 bytes.
    public var verifierKey: [UInt8]
    /// The service that asks, for example a PAM service name, 1 to 255 bytes.
    public var purpose: String
    /// The account, 1 to 255 bytes.
    public var subject: String
    /// Which of the subject's templates of this modality, for example a finger, 1 to 64 bytes.
    public var label: String
    /// 32 random bytes, used once.
    public var nonce: [UInt8]
    /// The Ed25519 key of a remote client, or 32 zero bytes where the connection itself identifies the client.
    public var clientKey: [UInt8]
    /// The recorded commitment `C_t`; nil exactly when `role` is `enrol`.
    public var template: CompressedRistretto?
    /// Counts the rotations of the template; 0 at enrolment.
    public var epoch: UInt64
    /// Identity of the embedding network, 32 bytes.
    public var model: [UInt8]
    /// Embedding dimension d.
    public var dimension: Int
    /// `num`: the proof shows `cos >= 0` and `cos^2 >= num / 2^16`.
    public var threshold: UInt16
    /// `E_min`: every embedding has `<e,e> >= E_min`.
    public var minimumNorm: UInt32
    /// k: samples in the proof.
    public var samples: Int
    /// Seconds since 1970-01-01 00:00 UTC.
    public var issuedAt: UInt64
    /// As ``issuedAt``, and later.
    public var expiresAt: UInt64
    /// The recorded template's model, exactly where `role` is `upgrade`; the fields above speak of the new one.
    public var previous: PreviousModel?

    /// - Throws: the first field that is out of range, as ``validate()``.
    public init(
        role: Role,
        modality: Modality,
        assurance: Assurance,
        audience: String,
        verifierKey: [UInt8],
        purpose: String,
        subject: String,
        label: String,
        nonce: [UInt8],
        clientKey: [UInt8],
        template: CompressedRistretto?,
        epoch: UInt64,
        model: [UInt8],
        dimension: Int,
        threshold: UInt16,
        minimumNorm: UInt32,
        samples: Int,
        issuedAt: UInt64,
        expiresAt: UInt64,
        previous: PreviousModel? = nil
    ) throws(WireError) {
        self.role = role
        self.modality = modality
        self.assurance = assurance
        self.audience = audience
        self.verifierKey = verifierKey
        self.purpose = purpose
        self.subject = subject
        self.label = label
        self.nonce = nonce
        self.clientKey = clientKey
        self.template = template
        self.epoch = epoch
        self.model = model
        self.dimension = dimension
        self.threshold = threshold
        self.minimumNorm = minimumNorm
        self.samples = samples
        self.issuedAt = issuedAt
        self.expiresAt = expiresAt
        self.previous = previous
        try validate()
    }

    static let magic: [UInt8] = Array("SMBC".utf8)
    static let version: UInt8 = 1

    /// Checks what the encoding alone cannot express.
    ///
    /// - Throws: the first field that is out of range.
    public func validate() throws(WireError) {
        let strings: [(String, Int, WireError.Field)] = [
            (audience, 255, .audience), (purpose, 255, .purpose), (subject, 255, .subject), (label, 64, .label),
        ]
        for (string, limit, field) in strings {
            guard DisplayName.isValid(string, maximumByteCount: limit) else {
                throw .invalidString(field: field)
            }
        }
        guard verifierKey.count == 32 else { throw .outOfRange(field: .verifierKey) }
        guard nonce.count == 32 else { throw .outOfRange(field: .nonce) }
        guard clientKey.count == 32 else { throw .outOfRange(field: .clientKey) }
        guard model.count == 32 else { throw .outOfRange(field: .model) }
        guard (template != nil) == role.usesTemplate else { throw .outOfRange(field: .template) }
        guard template != .identity else { throw .identityPoint(field: .template) }
        guard MatchBounds.dimensions.contains(dimension) else { throw .outOfRange(field: .dimension) }
        guard threshold >= 1 else { throw .outOfRange(field: .threshold) }
        guard MatchBounds.isUsable(minimumNorm: minimumNorm, dimension: dimension) else {
            throw .outOfRange(field: .minimumNorm)
        }
        guard role.sampleRange.contains(samples) else { throw .outOfRange(field: .samples) }
        guard role != .enrol || epoch == 0 else { throw .outOfRange(field: .epoch) }
        guard issuedAt < expiresAt else { throw .outOfRange(field: .expiresAt) }
        guard (previous != nil) == (role == .upgrade), previous?.identity != model else {
            throw .outOfRange(field: .model)
        }
        try previous?.validate()
    }

    /// The canonical encoding, `docs/protocol.md` section 2.1.
    public func encode() -> [UInt8] {
        var writer = WireWriter()
        writer.append(raw: Self.magic)
        writer.append(Self.version)
        writer.append(role.rawValue)
        writer.append(modality.rawValue)
        writer.append(assurance.rawValue)
        writer.append(string: audience)
        writer.append(raw: verifierKey)
        writer.append(string: purpose)
        writer.append(string: subject)
        writer.append(string: label)
        writer.append(raw: nonce)
        writer.append(raw: clientKey)
        writer.append(point: template ?? .identity)
        writer.append(epoch)
        writer.append(raw: model)
        writer.append(UInt16(truncatingIfNeeded: dimension))
        writer.append(threshold)
        writer.append(minimumNorm)
        writer.append(UInt8(truncatingIfNeeded: samples))
        writer.append(issuedAt)
        writer.append(expiresAt)
        previous?.write(to: &writer)
        return writer.bytes
    }

    /// Reads exactly one unsigned challenge.
    ///
    /// - Throws: the first field that is malformed or out of range; `trailingBytes`.
    public init(decoding bytes: some Collection<UInt8>) throws(WireError) {
        var reader = WireReader(bytes)
        try self.init(reading: &reader)
        try reader.finish()
    }

    /// Reads a challenge and leaves what follows it, the signature, to the caller.
    package init(reading reader: inout WireReader) throws(WireError) {
        guard try reader.readRaw(4) == Self.magic else { throw .badMagic }
        guard try reader.readInteger(UInt8.self) == Self.version else { throw .unsupportedVersion }
        guard let role = Role(rawValue: try reader.readInteger()) else { throw .unknownValue(field: .role) }
        guard let modality = Modality(rawValue: try reader.readInteger()) else {
            throw .unknownValue(field: .modality)
        }
        guard let assurance = Assurance(rawValue: try reader.readInteger()) else {
            throw .unknownValue(field: .assurance)
        }
        let audience = try reader.readString(limit: 255, field: .audience)
        let verifierKey = try reader.readRaw(32)
        let purpose = try reader.readString(limit: 255, field: .purpose)
        let subject = try reader.readString(limit: 255, field: .subject)
        let label = try reader.readString(limit: 64, field: .label)
        let nonce = try reader.readRaw(32)
        let clientKey = try reader.readRaw(32)
        let point = try reader.readPoint(.template)
        guard point.decompress() != nil else { throw .invalidPoint(field: .template) }
        try self.init(
            role: role,
            modality: modality,
            assurance: assurance,
            audience: audience,
            verifierKey: verifierKey,
            purpose: purpose,
            subject: subject,
            label: label,
            nonce: nonce,
            clientKey: clientKey,
            template: point == .identity ? nil : point,
            epoch: try reader.readInteger(),
            model: try reader.readRaw(32),
            dimension: Int(try reader.readInteger(UInt16.self)),
            threshold: try reader.readInteger(),
            minimumNorm: try reader.readInteger(),
            samples: Int(try reader.readInteger(UInt8.self)),
            issuedAt: try reader.readInteger(),
            expiresAt: try reader.readInteger(),
            previous: role == .upgrade ? try PreviousModel(reading: &reader) : nil
        )
    }
}
