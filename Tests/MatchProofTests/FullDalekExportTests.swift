import Bulletproofs
import BulletproofsR1CS
import Ristretto255
import Sodium
import Testing

@testable import MatchProof
@testable import ProofTestSupport
@testable import Statement

/// At `full`, too, the match proof's closing argument is a dalek `R1CSProof` (for the network proofs' see
/// `NetworkProofTests/NetworkDalekExportTests`): its randomised phase begins after a transcript that has absorbed the
/// network proofs' digests.
@Suite struct FullDalekExportTests {
    private func verify(_ envelope: ProofEnvelope, digests: [[UInt8]]) throws {
        let statement = envelope.challenge.challenge
        let body = envelope.body
        let shape = MatchShape(statement)
        var transcript = MatchTranscript.open(
            challenge: envelope.challenge,
            attestations: envelope.attestations,
            newTemplate: body.newTemplate,
            networkDigests: digests
        )
        MatchTranscript.absorb(
            embeddings: body.embeddingRows,
            template: statement.template,
            multiplicities: body.multiplicityRows,
            into: &transcript
        )
        try DalekVerification.verify(
            body.closing.exportDalek(commitments: body.closingCommitments),
            transcript: transcript,
            gateCount: shape.gateCount,
            maskedScalars: body.maskedScalars
        ) { channel, constraints in
            _ = try MatchConstraints.build(
                shape: shape,
                challenge: statement,
                opening: body.opening,
                channel: &channel,
                constraints: &constraints
            )
        }
    }

    @Test(arguments: [Assurance.head, .full])
    func verifiesAsDalekProof(assurance: Assurance) throws {
        let envelope = try FullScenario(assurance, role: .enrol, samples: 2).prove()
        try verify(envelope, digests: envelope.parts[0].networkDigests)
        #expect(throws: BulletproofError.verificationError) { try verify(envelope, digests: []) }
        #expect(throws: BulletproofError.verificationError) {
            try verify(envelope, digests: envelope.parts[0].networkDigests.reversed())
        }
    }
}
