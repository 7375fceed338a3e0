import Commitments
import Multilinear
import Ristretto255

/// The weights of the opening claims of a `match` proof, from the points at which the sumchecks ended.
///
/// Claims, in order: the embedding rows at the lookup's point, the multiplicity rows at the table's point, each vector
/// at the match's point. Every weight is zero outside the region that its claim speaks of.
struct OpeningPoints {
    /// eq over the (padded) embedding rows.
    let embeddingRows: [Scalar]
    /// eq over the columns.
    let embeddingColumns: [Scalar]
    private let tableWeights: [Scalar]

    init(shape: MatchShape, column: [Scalar], table: [Scalar]) {
        let rowVariables = ceilLog2(shape.samples)
        embeddingRows = MultilinearExtension.equalityTable(column.prefix(rowVariables))
        embeddingColumns = MultilinearExtension.equalityTable(column.dropFirst(rowVariables))
        tableWeights = MultilinearExtension.equalityTable(table)
    }

    func weights(shape: MatchShape, matchPoint: [Scalar]) -> [RowClaim] {
        let rowCount = shape.opening.rowCount
        let embedding = RowClaim.Term(
            rowWeights: Self.rows(count: rowCount, from: 0, Array(embeddingRows.prefix(shape.samples))),
            columnWeights: embeddingColumns
        )
        let multiplicities = (0..<shape.multiplicityRowCount).map { row in
            let slice = tableWeights.dropFirst(row * shape.columnCount).prefix(shape.columnCount)
            return RowClaim.Term(
                rowWeights: Self.rows(count: rowCount, from: shape.vectorCount + row, [.one]),
                columnWeights: slice + Array(repeating: .zero, count: shape.columnCount - slice.count)
            )
        }
        let matchColumns = MultilinearExtension.equalityTable(matchPoint)
        let vectors = (0..<shape.vectorCount).map { vector in
            RowClaim.Term(
                rowWeights: Self.rows(count: rowCount, from: vector, [.one]),
                columnWeights: matchColumns
            )
        }
        return [RowClaim(terms: [embedding]), RowClaim(terms: multiplicities)] + vectors.map { RowClaim(terms: [$0]) }
    }

    private static func rows(count: Int, from first: Int, _ weights: [Scalar]) -> [Scalar] {
        var rows = [Scalar](repeating: .zero, count: count)
        for (offset, weight) in weights.enumerated() { rows[first + offset] = weight }
        return rows
    }
}
