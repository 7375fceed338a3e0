import Bulletproofs
import Multilinear
import NetworkProof
import Ristretto255
import Sodium
import Testing

@testable import MatchProof

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
        let verifier = R1CSVerifier(transcript: transcript.merlin)
        for _ in 0..<shape.gateCount { _ = try verifier.allocateMultiplier(nil) }
        verifier.specifyRandomizedConstraints { system throws(BulletproofError) in
            var own = ProofTranscript(label: "unused")
            own.merlin = system.transcript
            var channel = VerifierChannel(transcript: own, scalars: body.maskedScalars)
            var list = ConstraintList()
            do {
                _ = try MatchConstraints.build(
                    shape: shape,
                    challenge: statement,
                    opening: body.opening,
                    channel: &channel,
                    constraints: &list
                )
            } catch { throw .verificationError }
            system.transcript = channel.transcript.merlin
            for constraint in list.sparse {
                var combination = LinearCombination()
                for term in constraint.terms {
                    let gate = Int(term.wire) / 3
                    combination.add(
                        term.wire == SparseConstraint.constantWire
                            ? .constantOne : [.left(gate), .right(gate), .output(gate)][Int(term.wire) % 3],
                        coefficient: term.coefficient
                    )
                }
                system.constrain(combination)
            }
        }
        var randomness = SystemRandom()
        try verifier.verify(
            try R1CSProof(decoding: body.closing.exportDalek(commitments: body.closingCommitments)),
            generators: ClosingGenerators.forGates(shape.gateCount),
            pedersen: .standard,
            randomness: &randomness
        )
    }

    @Test(arguments: [Assurance.head, .full])
    func verifiesAsDalekProof(assurance: Assurance) throws {
        let envelope = try FullScenario(assurance, role: .enrol, samples: 2).prove()
        try verify(envelope, digests: envelope.networkDigests)
        #expect(throws: BulletproofError.verificationError) { try verify(envelope, digests: []) }
        #expect(throws: BulletproofError.verificationError) {
            try verify(envelope, digests: envelope.networkDigests.reversed())
        }
    }
}
