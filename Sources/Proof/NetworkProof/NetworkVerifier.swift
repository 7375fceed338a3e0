import Bulletproofs
import Commitments
import Multilinear
import Ristretto255
import Sodium

/// The group equations that a network proof stands on.
package struct NetworkEquations: Sendable {
    package let opening: GroupEquation
    package let closing: VerificationEquation
    package let closingGenerators: BulletproofGenerators

    /// Both as one equation under a random weight; nil where the closing argument does not fit its generators.
    package func combined(using randomness: inout some RandomNumberGenerator) -> GroupEquation? {
        var sum = opening
        let weight = Scalar.random(using: &randomness)
        return sum.add(closing, generators: closingGenerators, times: weight) ? sum : nil
    }

    package func hold(using randomness: inout some RandomNumberGenerator) -> Bool {
        combined(using: &randomness)?.holds ?? false
    }
}

/// Why a network proof does not fit its shape.
public enum NetworkVerificationError: Error, Equatable, Sendable {
    case invalidPoint
    case interaction
    case closing
}

extension NetworkVerificationError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .invalidPoint: "has an element that is not the encoding of a point"
        case .interaction: "does not fit its shape"
        case .closing: "has a closing argument that does not fit its shape"
        }
    }
}

/// Checks network proofs (`docs/protocol.md` section 7).
package enum NetworkVerifier {
    /// Replays the transcript and returns the group equations that the proof stands on.
    ///
    /// - Parameter parameterPoints: the model's decoded parameter rows.
    package static func equations(
        _ shape: NetworkShape,
        _ context: NetworkContext,
        embeddingRow: CompressedRistretto,
        body: NetworkProofBody,
        parameterPoints: [RistrettoPoint],
        experiment: NetworkExperiment = NetworkExperiment()
    ) throws(NetworkVerificationError) -> NetworkEquations {
        guard body.startRows.count == shape.startRows.count,
            body.startRows.count + body.witnessRows.count == shape.sentRowCount,
            parameterPoints.count == shape.parameterRows.count,
            body.opening.folds.count == shape.opening.foldCount,
            body.opening.vector.count == shape.opening.foldedCount
        else { throw .interaction }
        let rows = body.startRows + [embeddingRow] + body.witnessRows
        let folds = body.opening.folds.flatMap { [$0.left, $0.right] }
        guard let decodedRows = RistrettoPoint.decompressBatch(rows),
            let maskCommitment = body.opening.maskCommitment.decompress(),
            let foldPoints = RistrettoPoint.decompressBatch(folds)
        else { throw .invalidPoint }

        var transcript = NetworkTranscript.open(context, modifying: experiment.modifyTranscript)
        NetworkTranscript.absorb(rows: rows, into: &transcript)
        let closing: ClosingVerifier
        do {
            closing = try ClosingVerifier(
                gateCount: shape.gateCount,
                commitments: body.closingCommitments,
                transcript: &transcript.merlin
            )
        } catch { throw .closing }

        var channel = VerifierChannel(transcript: transcript, scalars: body.maskedScalars)
        var constraints = experiment.constraints
        let opening: GroupEquation
        do {
            let transcription = try NetworkConstraints.build(
                shape,
                opening: body.opening,
                channel: &channel,
                constraints: &constraints
            )
            try channel.finish()
            opening = OpeningVerifier.groupEquation(
                shape.opening,
                transcription,
                proof: body.opening,
                rows: decodedRows + parameterPoints,
                maskCommitment: maskCommitment,
                folds: stride(from: 0, to: foldPoints.count, by: 2).map { (foldPoints[$0], foldPoints[$0 + 1]) },
                generators: RowGenerators.forWidth(shape.columnCount)
            )
        } catch { throw .interaction }
        do {
            var weights = SystemRandom()
            return NetworkEquations(
                opening: opening,
                closing: try closing.verificationEquation(
                    constraints: constraints.sparse,
                    proof: body.closing,
                    transcript: &channel.transcript.merlin,
                    randomness: &weights
                ),
                closingGenerators: ClosingGenerators.forGates(shape.gateCount)
            )
        } catch { throw .closing }
    }
}
