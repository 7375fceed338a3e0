import Ristretto255

/// A claim on the committed matrix: the sum over `terms` of `rowWeights^T M columnWeights` equals `value`.
package struct OpeningClaim: Sendable {
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

    package let value: Affine
    package let terms: [Term]

    package init(value: Affine, terms: [Term]) {
        self.value = value
        self.terms = terms
    }
}
