import Commitments
import Multilinear
import Ristretto255
import Statement

/// The statement of a match proof: the committed samples are of the person of the template, or of one another, as the
/// challenge's role asks (`docs/protocol.md` section 5).
struct MatchStatement: ArgumentStatement {
    typealias Opening = RowOpening
    typealias Witness = MatchWitness

    static let label: StaticString = "semblance match v1"
    static let suite: [UInt8] = Array("ristretto255-merlin-match-v1".utf8)

    /// The whole challenge, which is absorbed.
    let signed: SignedChallenge
    let part: StatementPart
    /// What this part has to show.
    let challenge: Challenge
    let shape: MatchShape
    /// One per sample; nil where no sensor signed.
    var attestations: [SensorAttestation?]
    /// Binds the two parts of an upgrade to one another.
    var partDigest: [UInt8]
    /// SHA-256 of each network proof; none at `match`.
    var networkDigests: [[UInt8]]
    /// C_t' of a re-blinding.
    var newTemplate: CompressedRistretto?

    init(
        _ signed: SignedChallenge,
        part: StatementPart = .whole,
        attestations: [SensorAttestation?] = [],
        partDigest: [UInt8] = [],
        networkDigests: [[UInt8]] = [],
        newTemplate: CompressedRistretto? = nil
    ) {
        self.signed = signed
        self.part = part
        challenge = signed.challenge.statement(of: part)
        shape = MatchShape(challenge)
        self.attestations = attestations
        self.partDigest = partDigest
        self.networkDigests = networkDigests
        self.newTemplate = newTemplate
    }

    /// What a part of an envelope has to show.
    init(_ envelope: ProofEnvelope, part index: Int) {
        let part = envelope.parts[index]
        self.init(
            envelope.challenge,
            part: part.part,
            attestations: envelope.attestations,
            partDigest: ProofEnvelope.partDigest(envelope.parts.map(\.body.embeddingRows)),
            networkDigests: part.networkDigests,
            newTemplate: part.body.newTemplate
        )
    }

    var layout: ArgumentLayout {
        ArgumentLayout(
            lookup: shape.lookup,
            opening: shape.opening,
            copies: shape.copies,
            gateCount: shape.gateCount
        )
    }

    /// Suite, signed challenge, attestations, new template, which part of an upgrade follows and the digest that binds the
    /// parts, network proofs. Everything public is absorbed before anything is drawn (`docs/protocol.md` section 5.1).
    func absorb(into transcript: inout ProofTranscript) {
        transcript.append(.suite, bytes: Self.suite)
        transcript.append(.challenge, bytes: signed.bytes)
        for attestation in attestations {
            transcript.append(.attestation, bytes: attestation?.encode() ?? [])
        }
        transcript.append(.newTemplate, bytes: newTemplate?.bytes ?? [])
        if part != .whole { transcript.append(.part, bytes: [part.rawValue] + partDigest) }
        for digest in networkDigests { transcript.append(.network, bytes: digest) }
    }

    /// The challenge's template with `shift` added to its blinder; nil where it has none.
    func reblinded(by shift: Scalar) -> CompressedRistretto? {
        challenge.template?.decompress().map {
            ($0 + RowGenerators.forWidth(shape.columnCount).blind(shift)).compress()
        }
    }

    /// All row commitments in matrix order: embeddings, template, multiplicities.
    func rows(embeddings: [CompressedRistretto], multiplicities: [CompressedRistretto]) -> [CompressedRistretto] {
        embeddings + (challenge.template.map { [$0] } ?? []) + multiplicities
    }
}
