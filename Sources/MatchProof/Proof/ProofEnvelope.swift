import Multilinear
import NetworkProof
import Ristretto255
import Sodium

/// A proof as it travels, with the signed challenge that it answers. **Not verified**: see `MatchVerifier`.
public struct ProofEnvelope: Sendable {
    public let challenge: SignedChallenge
    /// One per sample, in order; nil where no sensor signed.
    public let attestations: [SensorAttestation?]
    /// The registered model that the challenge names; nil at `match`, which needs none.
    public let model: PublishedModel?
    /// One per sample at `head` and `full`.
    var networkProofs: [NetworkProofBody]
    var body: ProofBody

    static let magic: [UInt8] = Array("SMBP".utf8)
    static let version: UInt8 = 1
    static let suite: UInt8 = 1

    /// No envelope of assurance `match` is longer.
    public static let maximumMatchByteCount = 65_536
    /// No envelope at all is longer; larger networks cannot be proved.
    public static let maximumByteCount = 2 << 20

    init(
        challenge: SignedChallenge,
        attestations: [SensorAttestation?],
        model: PublishedModel? = nil,
        networkProofs: [NetworkProofBody] = [],
        body: ProofBody
    ) {
        self.challenge = challenge
        self.attestations = attestations
        self.model = model
        self.networkProofs = networkProofs
        self.body = body
    }

    /// The commitments of the fresh samples, in order.
    public var embeddingRows: [CompressedRistretto] { body.embeddingRows }

    /// What the sensor signs of each sample.
    var signedRows: [[CompressedRistretto]] {
        model == nil ? body.embeddingRows.map { [$0] } : networkProofs.map(\.startRows)
    }

    /// SHA-256 of each network proof's encoding.
    var networkDigests: [[UInt8]] { networkProofs.map { Hash.sha256($0.encode()) } }

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
        for proof in networkProofs { proof.write(to: &writer) }
        body.write(to: &writer)
        return writer.bytes
    }

    /// - Parameter model: the verifier's registry of models by identity; not asked at `match`.
    public init(
        decoding bytes: some Collection<UInt8>,
        model registry: (_ identity: [UInt8]) -> PublishedModel? = { _ in nil }
    ) throws(WireError) {
        guard bytes.count <= Self.maximumByteCount else { throw .trailingBytes }
        var reader = WireReader(bytes)
        guard try reader.readRaw(4) == Self.magic else { throw .badMagic }
        guard try reader.readInteger(UInt8.self) == Self.version else { throw .unsupportedVersion }
        guard try reader.readInteger(UInt8.self) == Self.suite else { throw .unsupportedSuite }
        let length = Int(try reader.readInteger(UInt16.self))
        challenge = try SignedChallenge(decoding: try reader.readRaw(length))
        let statement = challenge.challenge
        var networkShape: NetworkShape?
        if statement.assurance == .match {
            guard bytes.count <= Self.maximumMatchByteCount else { throw .trailingBytes }
            model = nil
        } else {
            guard let known = registry(statement.model) else { throw .unknownValue(field: .model) }
            guard let start = known.startBlock(at: statement.assurance) else { throw .unknownValue(field: .assurance) }
            guard known.isModel(of: statement) else { throw .outOfRange(field: .model) }
            networkShape = NetworkShape(known.description, start: start)
            model = known
        }
        var attestations: [SensorAttestation?] = []
        for _ in 0..<challenge.challenge.samples {
            switch try reader.readInteger(UInt8.self) {
            case 0: attestations.append(nil)
            case 1: attestations.append(try SensorAttestation(reading: &reader))
            default: throw .unknownValue(field: .attestation)
            }
        }
        self.attestations = attestations
        var networkProofs: [NetworkProofBody] = []
        if let networkShape {
            for _ in 0..<statement.samples {
                networkProofs.append(try NetworkProofBody(reading: &reader, shape: networkShape))
            }
        }
        self.networkProofs = networkProofs
        let shape = MatchShape(challenge.challenge)
        body = try ProofBody(reading: &reader, shape: shape, role: challenge.challenge.role)
        try reader.finish()
    }
}
