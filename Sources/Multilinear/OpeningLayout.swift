/// The shape and the pads of the batch opening.
package struct OpeningLayout: Sendable {
    /// Rows of the matrix, a power of two; those beyond the committed ones are zero by shape.
    package let rowCount: Int
    /// Columns of the matrix, a power of two.
    package let columnCount: Int
    /// Per round of the sumcheck over the row index, the pads of g(0) and g(2).
    package let rounds: [(zero: Wire, two: Wire)]
    /// The pad p of the opened value: the mask vector d has `<d, R> = p`.
    package let mask: Wire
    /// Folding stops here and the vector is sent: two more scalars for two rounds of points less.
    package var foldedCount: Int { min(4, columnCount) }
    package var foldCount: Int { ceilLog2(columnCount) - ceilLog2(foldedCount) }

    package init(rowCount: Int, columnCount: Int, allocator: inout GateAllocator) {
        self.rowCount = rowCount
        self.columnCount = columnCount
        rounds = (0..<ceilLog2(rowCount)).map { _ in (zero: allocator.single(), two: allocator.single()) }
        mask = allocator.single()
    }
}
