import Ristretto255

/// How claims on committed rows become one opened value: the first half of a batch opening, which ends at one inner product
/// with public weights (``OpeningProver``, ``OpeningVerifier`` have the second).
package protocol BatchOpening {
    /// The prover's rows and their blinders.
    associatedtype Matrix: Sendable
    /// The public weights of one claim.
    associatedtype Claim: Sendable

    /// - Parameter claims: the weights of all claims in the order of the constraint builder.
    static func prove(
        _ layout: OpeningLayout,
        matrix: Matrix,
        claims: [Claim],
        pads: WireAssignment,
        channel: inout ProverChannel,
        randomness: inout some RandomNumberGenerator
    ) throws(InteractionError) -> OpeningProof

    /// Reads the opening's messages and adds its constraint.
    ///
    /// - Parameter values: what the claims' weights must make of the rows.
    static func run(
        _ layout: OpeningLayout,
        values: [AffineForm],
        claims: [Claim],
        proof: OpeningProof,
        channel: inout some MessageChannel,
        constraints: inout ConstraintList
    ) throws(InteractionError) -> OpeningVerifier.Challenges
}

/// The prover's openings of the committed rows, in matrix order, without the rows that are zero by shape. Secret.
package struct CommittedMatrix: Sendable {
    /// Each of the column count.
    package var rows: [[Scalar]]
    /// One per row.
    package var blinders: [Scalar]

    package init(rows: [[Scalar]], blinders: [Scalar]) {
        self.rows = rows
        self.blinders = blinders
    }
}

/// The weights of a claim on a small committed matrix M: the claim is the sum over `terms` of
/// `rowWeights^T M columnWeights`.
package struct RowClaim: Sendable {
    /// A rank-one piece of the claim's weight matrix.
    package struct Term: Sendable {
        /// One weight per row of the matrix, padding rows included.
        package let rowWeights: [Scalar]
        /// One weight per column.
        package let columnWeights: [Scalar]

        package init(rowWeights: [Scalar], columnWeights: [Scalar]) {
            self.rowWeights = rowWeights
            self.columnWeights = columnWeights
        }
    }

    /// Their sum is the claim's weight matrix.
    package let terms: [Term]

    package init(terms: [Term]) {
        self.terms = terms
    }
}

/// The opening of a small matrix: a sumcheck over the row index, then one inner-product argument on a masked combination of
/// the rows (attacks.md F21, F22).
package enum RowOpening: BatchOpening {
    package static func prove(
        _ layout: OpeningLayout,
        matrix: CommittedMatrix,
        claims: [RowClaim],
        pads: WireAssignment,
        channel: inout ProverChannel,
        randomness: inout some RandomNumberGenerator
    ) throws(InteractionError) -> OpeningProof {
        let gamma = try channel.challenge(.openingBatch)
        let terms = weighed(claims, Scalar.powers(of: gamma, count: claims.count))
        var tables = terms.map { power, term in
            SumcheckTable(
                weights: term.rowWeights.map { $0 * power },
                values: (0..<layout.rowCount).map { row in
                    row < matrix.rows.count
                        ? Scalar.innerProduct(matrix.rows[row], term.columnWeights) : .zero
                }
            )
        }
        let point = try tables.prove(layout.rounds[...], channel: &channel)

        // u = sum of L_i rows; R collects the column weights at the row point.
        let rowWeights = MultilinearExtension.equalityTable(point)
        var combined = [Scalar](repeating: .zero, count: layout.columnCount)
        var blinder = Scalar.zero
        for (row, values) in matrix.rows.enumerated() {
            blinder += rowWeights[row] * matrix.blinders[row]
            for column in combined.indices {
                combined[column] += rowWeights[row] * values[column]
            }
        }
        return try OpeningProver.open(
            layout,
            combined: combined,
            blinder: blinder,
            weights: columnWeights(layout, terms, at: point),
            pads: pads,
            channel: &channel,
            randomness: &randomness
        )
    }

    package static func run(
        _ layout: OpeningLayout,
        values: [AffineForm],
        claims: [RowClaim],
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
            (MultilinearExtension.equalityTable(point), columnWeights(layout, weighed(claims, powers), at: point))
        }
    }

    private typealias WeighedTerm = (power: Scalar, term: RowClaim.Term)

    private static func weighed(_ claims: [RowClaim], _ powers: [Scalar]) -> [WeighedTerm] {
        zip(powers, claims).flatMap { power, claim in claim.terms.map { (power: power, term: $0) } }
    }

    /// R: the column weights of all terms, each times its row weights' multilinear extension at `point`.
    private static func columnWeights(
        _ layout: OpeningLayout,
        _ terms: [WeighedTerm],
        at point: [Scalar]
    ) -> [Scalar] {
        var sum = [Scalar](repeating: .zero, count: layout.columnCount)
        for (power, term) in terms {
            let factor = power * MultilinearExtension.evaluate(term.rowWeights, at: point)
            for column in sum.indices {
                sum[column] += factor * term.columnWeights[column]
            }
        }
        return sum
    }
}
