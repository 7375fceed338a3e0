import Multilinear
import Ristretto255

/// A weight that is a tensor product of vectors on an aligned block of addresses, cut into matrix rows.
enum TensorWeight {
    /// - Parameters:
    ///   - address: a multiple of the block's size, or of the row width where the block is larger.
    ///   - factors: vectors of power-of-two lengths, slowest index first.
    ///   - matrixRow: the matrix row of a row of addresses; negative where it is zero by shape.
    static func terms(
        address: Int,
        factors: [[Scalar]],
        rowWidth: Int,
        matrixRow: (Int) -> Int
    ) -> [MatrixClaim.Term] {
        var outer = factors
        var inner: [[Scalar]] = []
        var innerCount = 1
        while let factor = outer.last, factor.count * innerCount <= rowWidth {
            outer.removeLast()
            inner.insert(factor, at: 0)
            innerCount *= factor.count
        }
        let first = address / rowWidth
        func term(_ rows: [(row: Int, weight: Scalar)], _ column: Int, _ factors: [[Scalar]]) -> MatrixClaim.Term? {
            let present = rows.compactMap { row, weight in
                matrixRow(first + row) < 0 || weight.isZero ? nil : (row: matrixRow(first + row), weight: weight)
            }
            guard !present.isEmpty else { return nil }
            return MatrixClaim.Term(
                rows: present.map(\.row),
                rowWeights: present.map(\.weight),
                firstColumn: column,
                columnFactors: factors
            )
        }
        guard let straddling = outer.popLast() else {
            return [term([(0, .one)], address % rowWidth, inner)].compactMap { $0 }
        }
        // One factor lies across the row boundary: its low part joins the columns, and each value of its high part
        // makes a term of its own unless the low part is a single entry.
        let width = rowWidth / innerCount
        let parts = straddling.count / width
        let prefix = outer.reduce([Scalar.one]) { Scalar.tensorProduct($0, $1) }
        if width == 1 {
            let weights = Scalar.tensorProduct(prefix, straddling)
            return [term(weights.enumerated().map { ($0, $1) }, 0, inner)].compactMap { $0 }
        }
        return (0..<parts).compactMap { part in
            let low = Array(straddling[part * width..<(part + 1) * width])
            guard low.contains(where: { !$0.isZero }) else { return nil }
            return term(prefix.enumerated().map { ($0 * parts + part, $1) }, 0, [low] + inner)
        }
    }
}
