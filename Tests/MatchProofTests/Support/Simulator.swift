import Ristretto255
import Sodium

@testable import Bulletproofs
@testable import Commitments
@testable import MatchProof
@testable import Multilinear
@testable import ProofTestSupport
@testable import Statement
@testable import Transcript

/// The zero-knowledge simulator: makes proofs for row commitments that nobody can open, from the challenges alone.
///
/// It programs the random oracle: `challenges` are what every draw will yield, in order. A perfect simulation, since in
/// an honest proof, too, masked scalars, w, omega, l(x), r(x), t_x's blinding, e's blinding and all commitments but the
/// ones solved for are uniform (the plan of the protocol; Bulletproofs, theorem 5.1).
struct Simulator {
    /// Names a template that nobody can open.
    let challenge: SignedChallenge
    let challenges: [Scalar]

    init(_ fixture: Fixture) throws {
        var random = SystemRandom()
        challenge = try fixture.challenge(.authenticate, template: ClosingSimulator.point().compress())
        challenges = (0..<200).map { _ in Scalar.random(using: &random) }
    }

    func program(_ transcript: inout ProofTranscript) {
        transcript.program(challenges)
    }

    func simulate() throws -> ProofEnvelope {
        let shape = MatchShape(challenge.challenge)
        var random = SystemRandom()
        func scalars(_ count: Int) -> [Scalar] { (0..<count).map { _ in Scalar.random(using: &random) } }
        let rounds = (0..<logarithm(nextPowerOfTwo(shape.gateCount))).map { _ in
            InnerProductArgument.Round(
                left: ClosingSimulator.point().compress(),
                right: ClosingSimulator.point().compress()
            )
        }
        var envelope = ProofEnvelope(
            challenge: challenge,
            attestations: [nil],
            body: ProofBody(
                embeddingRows: [ClosingSimulator.point().compress()],
                multiplicityRows: (0..<shape.multiplicityRowCount).map { _ in ClosingSimulator.point().compress() },
                newTemplate: nil,
                messages: ArgumentMessages(
                    closingCommitments: ClosingCommitments(
                        input: ClosingSimulator.point().compress(),
                        output: ClosingSimulator.point().compress(),
                        blinding: ClosingSimulator.point().compress()
                    ),
                    maskedScalars: scalars(shape.maskedScalarCount),
                    opening: OpeningProof.blank(shape.opening)
                ),
                reblinding: nil,
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
        let body = envelope.body
        envelope.body.opening = ClosingSimulator.opening(
            try Replay(envelope, prepare: program).challenges,
            rows: body.embeddingRows + (challenge.challenge.template.map { [$0] } ?? []) + body.multiplicityRows,
            generators: RowGenerators.forWidth(shape.columnCount)
        )
        let replay = try Replay(envelope, prepare: program)
        (envelope.body.closingCommitments, envelope.body.closing) = try ClosingSimulator.close(
            replay.constraints,
            gateCount: shape.gateCount,
            transcript: replay.transcript
        )
        return envelope
    }
}
