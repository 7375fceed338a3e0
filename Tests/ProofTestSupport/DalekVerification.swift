import BulletproofsR1CS
import Ristretto255
import Sodium

@testable import Bulletproofs
@testable import Multilinear
@testable import Transcript

/// Verifies a closing argument as the dalek crate would: a verifier that knows nothing but that crate's constraint systems,
/// with the protocol's messages in the randomised phase.
enum DalekVerification {
    /// - Parameters:
    ///   - export: dalek's format.
    ///   - rows: all rows that are not in the statement.
    static func verify(
        _ export: [UInt8],
        _ statement: some ArgumentStatement,
        rows: [CompressedRistretto],
        messages: ArgumentMessages
    ) throws {
        let gateCount = statement.layout.gateCount
        var transcript = statement.transcript()
        for row in rows { transcript.append(.row, point: row) }
        let verifier = R1CSVerifier(transcript: transcript.merlin)
        for _ in 0..<gateCount { _ = try verifier.allocateMultiplier(nil) }
        verifier.specifyRandomizedConstraints { system throws(BulletproofError) in
            var own = ProofTranscript(label: "unused")
            own.merlin = system.transcript
            var channel = VerifierChannel(transcript: own, scalars: messages.maskedScalars)
            var list = ConstraintList()
            do {
                _ = try statement.constraints(opening: messages.opening, channel: &channel, into: &list)
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
            try R1CSProof(decoding: export),
            generators: ClosingGenerators.forGates(gateCount),
            pedersen: .standard,
            randomness: &randomness
        )
    }
}
