import Commitments
import Ristretto255

/// The opening of a large matrix of small integers: a sumcheck over columns, then rows, which ends at one entry of the
/// matrix's extension (`docs/protocol.md` section 7.5).
///
/// The weights are sums of rank-one terms. The column rounds work on one vector pair per term, `b` and `a^T M`
/// (``TensorTable``); the row rounds on a single pair, since all terms have then shrunk to row vectors. Cost: one pass over
/// each term's rows, two over the matrix, all on its small integers (``SmallProductWeights``).
package enum MatrixOpening: BatchOpening {
    package static func prove(
        _ layout: OpeningLayout,
        matrix: SmallMatrix,
        claims: [MatrixClaim],
        pads: WireAssignment,
        channel: inout ProverChannel,
        randomness: inout some RandomNumberGenerator
    ) throws(InteractionError) -> OpeningProof {
        let gamma = try channel.challenge(.openingBatch)
        let powers = Scalar.powers(of: gamma, count: claims.count)
        let terms = zip(powers, claims).flatMap { power, claim in claim.terms.map { (power: power, term: $0) } }
        let columnRounds = ceilLog2(layout.columnCount)

        var columns = terms.map { power, term in
            TensorTable(
                factors: term.factors(count: layout.columnCount),
                values: matrix.combineRows(term.rows, term.rowWeights.map { $0 * power })
            )
        }
        let columnPoint = try columns.prove(layout.rounds[..<columnRounds], channel: &channel)
        let columnEquality = MultilinearExtension.equalityTable(columnPoint)

        var rowWeights = [Scalar](repeating: .zero, count: layout.rowCount)
        for ((power, term), column) in zip(terms, columns) {
            let factor = power * column.weight
            for (row, weight) in zip(term.rows, term.rowWeights) { rowWeights[row] += factor * weight }
        }
        columns = []
        var values = matrix.multiply(columnEquality)
        values += Array(repeating: .zero, count: layout.rowCount - values.count)
        var rows = [SumcheckTable(weights: rowWeights, values: values)]
        let rowPoint = try rows.prove(layout.rounds[columnRounds...], channel: &channel)
        let rowEquality = Array(MultilinearExtension.equalityTable(rowPoint).prefix(matrix.rowCount))

        let factor = rows[0].weights[0]
        return try OpeningProver.open(
            layout,
            combined: matrix.combineRows(Array(0..<matrix.rowCount), rowEquality),
            blinder: Scalar.innerProduct(rowEquality, matrix.blinders),
            weights: columnEquality.map { $0 * factor },
            pads: pads,
            channel: &channel,
            randomness: &randomness
        )
    }

    package static func run(
        _ layout: OpeningLayout,
        values: [AffineForm],
        claims: [MatrixClaim],
        proof: OpeningProof,
        channel: inout some MessageChannel,
        constraints: inout ConstraintList
    ) throws(InteractionError) -> OpeningVerifier.Challenges {
        try OpeningVerifier.run(
            layout,
            values: values,
            proof: proof,
            channel: &channel,
            constraints: &constraints
        ) { powers, point in
            let columnRounds = ceilLog2(layout.columnCount)
            let columnPoint = Array(point[..<columnRounds])
            let rows = MultilinearExtension.equalityTable(point[columnRounds...])
            let weight = MatrixClaim.combinedWeight(
                claims,
                powers: powers,
                rowEquality: rows,
                columnPoint: columnPoint
            )
            return (rows, MultilinearExtension.equalityTable(columnPoint).map { $0 * weight })
        }
    }
}
