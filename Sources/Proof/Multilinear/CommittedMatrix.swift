import Ristretto255

/// The prover's openings of the committed rows, in matrix order, without the rows that are zero by shape.
package struct CommittedMatrix: Sendable {
    /// Each of the column count.
    package var rows: [[Scalar]]
    package var blinders: [Scalar]

    package init(rows: [[Scalar]], blinders: [Scalar]) {
        self.rows = rows
        self.blinders = blinders
    }
}
