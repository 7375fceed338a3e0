import Multilinear
import Ristretto255
import Statement

/// Message 0: everything public is absorbed before anything is drawn (`docs/protocol.md` section 5.1).
enum MatchTranscript {
    static let suite: [UInt8] = Array("ristretto255-merlin-match-v1".utf8)

    /// A transcript that has absorbed the suite, the signed challenge, the attestations, the new template, which part of
    /// an upgrade follows and the digest that binds the parts, and the SHA-256 of each network proof.
    static func open(
        challenge: SignedChallenge,
        attestations: [SensorAttestation?],
        newTemplate: CompressedRistretto?,
        networkDigests: [[UInt8]] = [],
        part: StatementPart = .whole,
        partDigest: [UInt8] = [],
        modifying modify: (inout ProofTranscript) -> Void = { _ in }
    ) -> ProofTranscript {
        var transcript = ProofTranscript(label: "semblance match v1")
        modify(&transcript)
        transcript.append(.suite, bytes: suite)
        transcript.append(.challenge, bytes: challenge.bytes)
        for attestation in attestations {
            transcript.append(.attestation, bytes: attestation?.encode() ?? [])
        }
        transcript.append(.newTemplate, bytes: newTemplate?.bytes ?? [])
        if part != .whole { transcript.append(.part, bytes: [part.rawValue] + partDigest) }
        for digest in networkDigests { transcript.append(.network, bytes: digest) }
        return transcript
    }

    /// Absorbs the row commitments in matrix order: embeddings, template, multiplicities.
    static func absorb(
        embeddings: [CompressedRistretto],
        template: CompressedRistretto?,
        multiplicities: [CompressedRistretto],
        into transcript: inout ProofTranscript
    ) {
        for row in embeddings + (template.map { [$0] } ?? []) + multiplicities {
            transcript.append(.row, point: row)
        }
    }
}
