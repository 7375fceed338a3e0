import Commitments
import Multilinear
import Ristretto255

// The prover's side of the match.
extension MatchStatement {
    func prove(
        _ witness: MatchWitness,
        _ challenges: LookupChallenges,
        points: [[Scalar]],
        channel: inout ProverChannel
    ) throws(InteractionError) -> [RowClaim] {
        let matchPoint = try proveMatch(witness, channel: &channel)
        return OpeningPoints(shape: shape, column: points[0], table: points[1])
            .weights(shape: shape, matchPoint: matchPoint)
    }

    /// The sumcheck behind the inner products; returns its point.
    private func proveMatch(
        _ witness: MatchWitness,
        channel: inout ProverChannel
    ) throws(InteractionError) -> [Scalar] {
        let mu = try channel.challenge(.matchBatch)
        let powers = Scalar.powers(of: mu, count: shape.forms.count)
        var vectors = witness.vectors
        var point: [Scalar] = []
        for pads in shape.matchRounds {
            let half = vectors[0].count / 2
            var zero = Scalar.zero
            var two = Scalar.zero
            let extended = vectors.map { vector in
                (0..<half).map { vector[half + $0] + vector[half + $0] - vector[$0] }
            }
            for (power, form) in zip(powers, shape.forms) {
                zero +=
                    power
                    * Scalar.innerProduct(Array(vectors[form.first][..<half]), Array(vectors[form.second][..<half]))
                two += power * Scalar.innerProduct(extended[form.first], extended[form.second])
            }
            channel.send(.matchRound, zero, pad: pads.zero)
            channel.send(.matchRound, two, pad: pads.two)
            let challenge = try channel.challenge(.matchRoundChallenge)
            point.append(challenge)
            for index in vectors.indices {
                MultilinearExtension.bindFirst(&vectors[index], to: challenge)
            }
        }
        for (vector, pad) in zip(vectors, shape.evaluationPads) {
            channel.send(.matchEvaluation, vector[0], pad: pad)
        }
        return point
    }
}

/// The rows of a match proof, and what opens them.
struct MatchRows {
    let multiplicities: [CompressedRistretto]
    var matrix: CommittedMatrix

    /// Commits to the multiplicities under fresh blinders.
    init(_ witness: MatchWitness, shape: MatchShape, randomness: inout some RandomNumberGenerator) {
        let generators = RowGenerators.forWidth(shape.columnCount)
        let rows = witness.multiplicityRows(shape: shape)
        let blinders = rows.map { _ in Scalar.random(using: &randomness) }
        multiplicities = zip(rows, blinders).map { generators.commit($0, blinder: $1).compress() }
        matrix = CommittedMatrix(rows: witness.vectors + rows, blinders: witness.blinders + blinders)
    }
}

extension MatchWitness {
    /// The lookup's trees: the embeddings and the table.
    func trees(_ shape: MatchShape, _ challenges: LookupChallenges) -> [any FractionLevels] {
        [columnTree(shape, challenges), tableTree(challenges)]
    }

    private func columnTree(_ shape: MatchShape, _ challenges: LookupChallenges) -> FractionTree {
        var denominators: [Scalar] = []
        for row in 0..<(1 << ceilLog2(shape.samples)) {
            for column in 0..<shape.columnCount {
                let value = row < shape.samples ? vectors[row][column] : .zero
                let id = LookupTable.isUsed(row: row, column: column, shape: shape) ? challenges.beta : .zero
                denominators.append(challenges.alpha - value - id)
            }
        }
        return FractionTree(
            leafNumerators: Array(repeating: .one, count: denominators.count),
            leafDenominators: denominators
        )
    }

    private func tableTree(_ challenges: LookupChallenges) -> FractionTree {
        FractionTree(
            leafNumerators: multiplicities.map { -$0 },
            leafDenominators: zip(LookupTable.values, LookupTable.ids).map {
                challenges.alpha - $0 - challenges.beta * $1
            }
        )
    }
}
