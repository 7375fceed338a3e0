import Commitments
import Multilinear
import Ristretto255

/// The public table that embedding entries are looked up in: rows (z, 1) for z in -127...127, and (0, 0).
///
/// The second entry is the table id, a public function of the *position* (1 inside the embedding's d columns, 0
/// elsewhere), never a committed column (attacks.md F5): outside its d columns an embedding row is zero.
enum LookupTable {
    static let ids: [Scalar] = Array(repeating: .one, count: MatchShape.tableCount - 1) + [.zero]
    static let values: [Scalar] =
        (-MatchBounds.entryBound...MatchBounds.entryBound).map { Scalar(signed: $0) } + [.zero]

    /// Index of the table row that unused positions count in.
    static let unusedIndex = MatchShape.tableCount - 1

    /// The fingerprint `z + beta id` of a table row's multilinear extension at `point`.
    static func fingerprint(at point: [Scalar], beta: Scalar) -> Scalar {
        MultilinearExtension.evaluate(values, at: point) + beta * MultilinearExtension.evaluate(ids, at: point)
    }

    /// Whether a position of the looked-up hypercube belongs to an embedding.
    static func isUsed(row: Int, column: Int, shape: MatchShape) -> Bool {
        row < shape.samples && column < shape.dimension
    }

    /// The multilinear extension of the position ids, which is a product of two prefix sums.
    static func positionIds(rowWeights: [Scalar], columnWeights: [Scalar], shape: MatchShape) -> Scalar {
        rowWeights.prefix(shape.samples).reduce(.zero, +) * columnWeights.prefix(shape.dimension).reduce(.zero, +)
    }

    /// How often each table row is looked up, in time and memory access that do not depend on the entries.
    static func multiplicities(of embeddings: [[Int16]], shape: MatchShape) -> [Int] {
        var counts = [Int](repeating: 0, count: MatchShape.tableCount)
        for embedding in embeddings {
            for entry in embedding {
                for index in 0..<unusedIndex {
                    counts[index] += Int(entry) == index - MatchBounds.entryBound ? 1 : 0
                }
            }
        }
        let positions = (1 << ceilLog2(shape.samples)) * shape.columnCount
        counts[unusedIndex] = positions - shape.samples * shape.dimension
        return counts
    }
}
