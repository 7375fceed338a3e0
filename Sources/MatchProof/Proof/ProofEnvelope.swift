import Ristretto255

/// A proof as it travels, with the signed challenge that it answers. **Not verified**: see `MatchVerifier`.
public struct ProofEnvelope: Sendable {
    public let challenge: SignedChallenge
    /// One per sample, in order; nil where no sensor signed.
    public let attestations: [SensorAttestation?]
    var body: ProofBody

    static let magic: [UInt8] = Array("SMBP".utf8)
    static let version: UInt8 = 1
    static let suite: UInt8 = 1

    /// No envelope is longer: the shape with the most samples and the largest dimension stays below this.
    public static let maximumByteCount = 65_536

    init(challenge: SignedChallenge, attestations: [SensorAttestation?], body: ProofBody) {
        self.challenge = challenge
        self.attestations = attestations
        self.body = body
    }

    /// The commitments of the fresh samples, in order.
    public var embeddingRows: [CompressedRistretto] { body.embeddingRows }

    public func encode() -> [UInt8] {
        var writer = WireWriter()
        writer.append(raw: Self.magic)
        writer.append(Self.version)
        writer.append(Self.suite)
        writer.append(UInt16(truncatingIfNeeded: challenge.bytes.count))
        writer.append(raw: challenge.bytes)
        for attestation in attestations {
            writer.append(UInt8(attestation == nil ? 0 : 1))
            attestation?.write(to: &writer)
        }
        body.write(to: &writer)
        return writer.bytes
    }

    public init(decoding bytes: some Collection<UInt8>) throws(WireError) {
        guard bytes.count <= Self.maximumByteCount else { throw .trailingBytes }
        var reader = WireReader(bytes)
        guard try reader.readRaw(4) == Self.magic else { throw .badMagic }
        guard try reader.readInteger(UInt8.self) == Self.version else { throw .unsupportedVersion }
        guard try reader.readInteger(UInt8.self) == Self.suite else { throw .unsupportedSuite }
        let length = Int(try reader.readInteger(UInt16.self))
        challenge = try SignedChallenge(decoding: try reader.readRaw(length))
        guard challenge.challenge.assurance == .match else { throw .unknownValue(field: .assurance) }
        var attestations: [SensorAttestation?] = []
        for _ in 0..<challenge.challenge.samples {
            switch try reader.readInteger(UInt8.self) {
            case 0: attestations.append(nil)
            case 1: attestations.append(try SensorAttestation(reading: &reader))
            default: throw .unknownValue(field: .attestation)
            }
        }
        self.attestations = attestations
        let shape = MatchShape(challenge.challenge)
        body = try ProofBody(reading: &reader, shape: shape, role: challenge.challenge.role)
        try reader.finish()
    }
}
