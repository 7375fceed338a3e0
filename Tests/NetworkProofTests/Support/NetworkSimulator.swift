import Ristretto255
import Sodium

@testable import Bulletproofs
@testable import Commitments
@testable import Models
@testable import Multilinear
@testable import NetworkProof
@testable import ProofTestSupport
@testable import Transcript

/// The zero-knowledge simulator: makes network proofs for start rows and an E_i that nobody can open, from the challenges
/// alone. It programs the random oracle, as the match proof's `Simulator` does; the opening differs in what it runs over.
struct NetworkSimulator {
    let network: RandomNetwork
    let shape: NetworkShape
    let challenges: [Scalar]

    init(_ network: RandomNetwork, start: Int) {
        var random = SystemRandom()
        self.network = network
        shape = NetworkShape(network.description, start: start)
        challenges = (0..<400).map { _ in Scalar.random(using: &random) }
    }

    func program(_ transcript: inout ProofTranscript) {
        transcript.program(challenges)
    }

    func simulate() throws -> OfferedProof {
        var random = SystemRandom()
        func points(_ count: Int) -> [CompressedRistretto] {
            (0..<count).map { _ in ClosingSimulator.point().compress() }
        }
        let rounds = (0..<logarithm(nextPowerOfTwo(shape.gateCount))).map { _ in
            InnerProductArgument.Round(
                left: ClosingSimulator.point().compress(),
                right: ClosingSimulator.point().compress()
            )
        }
        let commitments = points(3)
        var proof = OfferedProof(
            shape: shape,
            context: NetworkContext(
                challenge: SecureRandom.bytes(200),
                attestation: [],
                model: SecureRandom.bytes(32),
                sample: 0,
                start: shape.start
            ),
            embeddingRow: ClosingSimulator.point().compress(),
            parameters: ParameterRows(network.description, parameters: network.parameters, blindingSeed: nil)
                .commitments,
            body: NetworkProofBody(
                startRows: points(shape.startRows.count),
                witnessRows: points(shape.sentRowCount - shape.startRows.count),
                messages: ArgumentMessages(
                    closingCommitments: ClosingCommitments(
                        input: commitments[0],
                        output: commitments[1],
                        blinding: commitments[2]
                    ),
                    maskedScalars: (0..<shape.maskedScalarCount).map { _ in Scalar.random(using: &random) },
                    opening: OpeningProof.blank(shape.opening)
                ),
                closing: ClosingProof(
                    polynomials: PolynomialCommitments(
                        t1: .identity,
                        t3: .identity,
                        t4: .identity,
                        t5: .identity,
                        t6: .identity,
                        tX: .zero,
                        tXBlinding: .zero,
                        eBlinding: .zero,
                        innerProduct: InnerProductArgument(rounds: rounds, a: .one, b: .one)
                    )
                )
            )
        )
        // None of the messages still missing changes a programmed challenge.
        proof.body.opening = ClosingSimulator.opening(
            try proof.replay(prepare: program).challenges,
            rows: proof.rows,
            generators: RowGenerators.forWidth(shape.columnCount)
        )
        let replay = try proof.replay(prepare: program)
        (proof.body.closingCommitments, proof.body.closing) = try ClosingSimulator.close(
            replay.constraints,
            gateCount: shape.gateCount,
            transcript: replay.transcript
        )
        return proof
    }
}
