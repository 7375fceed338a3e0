import Commitments
import Encoding
import Models
import NetworkProof
import Ristretto255
import Sodium
import Statement

/// A proof as it travels, with the signed challenge that it answers. **Not verified**: see `MatchVerifier`.
public struct ProofEnvelope: Sendable {
    /// What the proof answers, as it was signed.
    public let challenge: SignedChallenge
    /// One per sample, in order; nil where no sensor signed.
    public let attestations: [SensorAttestation?]
    /// One match proof, or the two of an upgrade.
    var parts: [EnvelopePart]

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
        self.init(
            challenge: challenge,
            attestations: attestations,
            parts: [EnvelopePart(part: .whole, model: model, networkProofs: networkProofs, body: body)]
        )
    }

    init(challenge: SignedChallenge, attestations: [SensorAttestation?], parts: [EnvelopePart]) {
        self.challenge = challenge
        self.attestations = attestations
        self.parts = parts
    }

    /// The first part's elements: of all roles but an upgrade, the only ones.
    var body: ProofBody {
        get { parts[0].body }
        set { parts[0].body = newValue }
    }
    var networkProofs: [NetworkProofBody] {
        get { parts[0].networkProofs }
        set { parts[0].networkProofs = newValue }
    }
    /// The registered model that the challenge names; nil at `match`, which needs none.
    public var model: PublishedModel? { parts[0].model }

    /// The commitments of the fresh samples, in order, under the challenge's model.
    public var embeddingRows: [CompressedRistretto] { body.embeddingRows }

    /// What the sensor signs of each sample: a block per part.
    var signedBlocks: [[SensorAttestation.Block]] {
        let blocks = parts.map { $0.signedBlocks(challenge.challenge) }
        return attestations.indices.map { sample in blocks.map { $0[sample] } }
    }

    /// Binds the parts of an upgrade to one another; empty where there is one part.
    static func partDigest(_ embeddingRows: [[CompressedRistretto]]) -> [UInt8] {
        embeddingRows.count == 1 ? [] : Hash.sha256(embeddingRows.joined().flatMap(\.bytes))
    }

    /// The encoding of `docs/protocol.md` section 3; equal for equal envelopes.
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
        for part in parts { part.write(to: &writer) }
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
        guard statement.assurance != .match || bytes.count <= Self.maximumMatchByteCount else {
            throw .trailingBytes
        }
        var models: [PublishedModel?] = []
        for part in statement.parts {
            models.append(try EnvelopePart.model(of: statement.statement(of: part), in: registry))
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
        parts = []
        for (part, model) in zip(statement.parts, models) {
            parts.append(try EnvelopePart(reading: &reader, part: part, challenge: statement, model: model))
        }
        try reader.finish()
    }
}
