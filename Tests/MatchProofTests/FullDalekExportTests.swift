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
        let body = envelope.body
        var statement = MatchStatement(envelope, part: 0)
        statement.networkDigests = digests
        try DalekVerification.verify(
            body.closing.exportDalek(commitments: body.closingCommitments),
            statement,
            rows: statement.rows(embeddings: body.embeddingRows, multiplicities: body.multiplicityRows),
            messages: body.messages
        )
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
