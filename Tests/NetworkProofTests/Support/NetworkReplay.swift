import Bulletproofs
import Ristretto255

@testable import Multilinear
@testable import NetworkProof

/// One run of the verifier's transcript: what it learns besides its verdict.
struct NetworkReplay {
    let transcription: OpeningVerifier.Transcription
    let constraints: ConstraintList
    /// After the opening, before the closing argument goes on.
    let transcript: ProofTranscript

    init(_ proof: OfferedProof, prepare: (inout ProofTranscript) -> Void = { _ in }) throws {
        var transcript = NetworkTranscript.open(proof.context, modifying: prepare)
        NetworkTranscript.absorb(
            rows: proof.body.startRows + [proof.embeddingRow] + proof.body.witnessRows,
            into: &transcript
        )
        _ = try ClosingVerifier(
            gateCount: proof.shape.gateCount,
            commitments: proof.body.closingCommitments,
            transcript: &transcript.merlin
        )
        var channel = VerifierChannel(transcript: transcript, scalars: proof.body.maskedScalars)
        var constraints = ConstraintList()
        transcription = try NetworkConstraints.build(
            proof.shape,
            opening: proof.body.opening,
            channel: &channel,
            constraints: &constraints
        )
        self.constraints = constraints
        self.transcript = channel.transcript
    }

    init(_ proof: OfferedProof, omitting labels: Set<ProofLabel>) throws {
        try self.init(proof) { $0.omitted.formUnion(labels) }
    }
}
