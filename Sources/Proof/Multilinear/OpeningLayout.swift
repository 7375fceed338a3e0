import Commitments

/// The shape and the pads of the batch opening.
package struct OpeningLayout: Sendable {
    /// What the opening's sumcheck runs over.
    package enum Sumcheck: Sendable {
        /// The row index; the column weights stay what the claims make them. For small matrices.
        case rows
        /// The column index, then the row index: it ends at one entry of the matrix's extension.
        case columnsAndRows
    }

    /// Fixes the number of ``rounds``.
    package let sumcheck: Sumcheck
    /// Rows of the matrix, a power of two; those beyond the committed ones are zero by shape.
    package let rowCount: Int
    /// Columns of the matrix, a power of two.
    package let columnCount: Int
    /// Per round of the sumcheck, the pads of g(0) and g(2).
    package let rounds: [(zero: Wire, two: Wire)]
    /// The pad p of the opened value: the mask vector d has `<d, R> = p`.
    package let mask: Wire
    /// Folding stops here and the vector is sent: a few more scalars for the last rounds.
    package let foldedCount: Int
    /// Folding rounds: the vector is halved from the column count down to `foldedCount`.
    package var foldCount: Int { ceilLog2(columnCount) - ceilLog2(foldedCount) }

    /// - Parameters:
    ///   - rowCount: a power of two.
    ///   - columnCount: a power of two.
    ///   - foldedCount: a power of two.
    package init(
        _ sumcheck: Sumcheck = .rows,
        rowCount: Int,
        columnCount: Int,
        foldedCount: Int = 4,
        allocator: inout GateAllocator
    ) {
        self.sumcheck = sumcheck
        self.rowCount = rowCount
        self.columnCount = columnCount
        self.foldedCount = min(foldedCount, columnCount)
        let columnRounds = sumcheck == .rows ? 0 : ceilLog2(columnCount)
        rounds = (0..<columnRounds + ceilLog2(rowCount)).map { _ in
            (zero: allocator.single(), two: allocator.single())
        }
        mask = allocator.single()
    }
}
