import Multilinear
import Ristretto255

/// Message 0 of a network proof (`docs/protocol.md` section 7.4).
enum NetworkTranscript {
    static let suite: [UInt8] = Array("ristretto255-merlin-network-v1".utf8)

    static func open(
        _ context: NetworkContext,
        modifying modify: (inout ProofTranscript) -> Void = { _ in }
    ) -> ProofTranscript {
        var transcript = ProofTranscript(label: "semblance network v1")
        modify(&transcript)
        transcript.append(.suite, bytes: suite)
        transcript.append(.challenge, bytes: context.challenge)
        transcript.append(.attestation, bytes: context.attestation)
        transcript.append(.model, bytes: context.model)
        let start = UInt16(truncatingIfNeeded: context.start)
        transcript.append(
            .sample,
            bytes: [
                UInt8(truncatingIfNeeded: context.sample), UInt8(truncatingIfNeeded: start),
                UInt8(truncatingIfNeeded: start >> 8),
            ]
        )
        return transcript
    }

    /// Absorbs the rows that a proof brings along, in matrix order. The parameter rows are in the model's identity.
    static func absorb(rows: some Sequence<CompressedRistretto>, into transcript: inout ProofTranscript) {
        for row in rows { transcript.append(.row, point: row) }
    }
}
