import Bulletproofs
import BulletproofsR1CS
import Ristretto255
import Sodium
import Testing

@testable import ProofTestSupport

/// The closing argument of a network proof is a dalek `R1CSProof`: a verifier that knows nothing but that crate's
/// constraint systems accepts it, with the protocol's messages in the randomised phase.
@Suite struct NetworkDalekExportTests {
    private func verify(_ proof: OfferedProof, _ bytes: [UInt8]) throws {
        try DalekVerification.verify(
            bytes,
            proof.statement,
            rows: proof.absorbedRows,
            messages: proof.body.messages
        )
    }

    private static func export(_ proof: OfferedProof) -> [UInt8] {
        proof.body.closing.exportDalek(commitments: proof.body.closingCommitments)
    }

    @Test(arguments: [
        (TestNetworks.mixed, 0), (TestNetworks.mixed, 4), (TestNetworks.dense, 0), (TestNetworks.small, 0),
    ])
    func verifiesAsDalekProof(network: RandomNetwork, start: Int) throws {
        let proof = try NetworkAttempt(network, start: start).prove().proof
        let export = Self.export(proof)
        #expect(export[0] == 0)
        try verify(proof, export)
        let imported = try ClosingProof.importDalek(export, gateCount: proof.shape.gateCount)
        #expect(imported.commitments == proof.body.closingCommitments && imported.proof == proof.body.closing)

        var changed = proof
        changed.body.maskedScalars[0] += .one
        #expect(throws: BulletproofError.verificationError) { try verify(changed, export) }
        if start == 0 {
            let lie = try FamilyAttacks.embeddingOfChoice(network).prove().proof
            #expect(throws: BulletproofError.verificationError) { try verify(lie, Self.export(lie)) }
        }
    }
}
