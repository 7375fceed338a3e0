import Commitments
import Ristretto255

/// The weights of a claim on a large committed matrix, as pieces of rank one with their supports
/// (`docs/protocol.md` section 7.5).
package struct MatrixClaim: Sendable {
    /// rowWeights (on `rows`) times the tensor product of the column factors (from `firstColumn` on).
    package struct Term: Sendable {
        /// Indices of matrix rows.
        package var rows: [Int]
        /// One per entry of `rows`.
        package var rowWeights: [Scalar]
        /// A multiple of the column factors' common size.
        package var firstColumn: Int
        /// Vectors of power-of-two lengths, slowest index first.
        package var columnFactors: [[Scalar]]

        package init(rows: [Int], rowWeights: [Scalar], firstColumn: Int = 0, columnFactors: [[Scalar]]) {
            self.rows = rows
            self.rowWeights = rowWeights
            self.firstColumn = firstColumn
            self.columnFactors = columnFactors
        }
    }

    /// Their sum is the claim's weight matrix.
    package var terms: [Term]

    package init(terms: [Term]) {
        self.terms = terms
    }

    /// Omega~ at a row and a column point: the sum over all claims, under powers of gamma, of their terms' values.
    package static func combinedWeight(
        _ claims: [MatrixClaim],
        powers: [Scalar],
        rowEquality: [Scalar],
        columnPoint: [Scalar]
    ) -> Scalar {
        var total = Scalar.zero
        for (power, claim) in zip(powers, claims) {
            var sum = Scalar.zero
            for term in claim.terms {
                var row = ScalarAccumulator()
                for (index, weight) in zip(term.rows, term.rowWeights) { row.add(rowEquality[index], times: weight) }
                sum += row.reduced() * term.columnValue(at: columnPoint)
            }
            total += power * sum
        }
        return total
    }

    /// eq(point, .) as one factor per coordinate.
    package static func equalityFactors(_ point: some Sequence<Scalar>) -> [[Scalar]] {
        point.map { [.one - $0, $0] }
    }
}

extension MatrixClaim.Term {
    /// The column weights' extension at a point, in time linear in the factors' lengths.
    func columnValue(at point: [Scalar]) -> Scalar {
        let variables = columnFactors.reduce(0) { $0 + ceilLog2($1.count) }
        var value = MultilinearExtension.equality(point.dropLast(variables), firstColumn >> variables)
        var rest = point.suffix(variables)
        for factor in columnFactors {
            let own = ceilLog2(factor.count)
            value *= MultilinearExtension.evaluate(factor, at: rest.prefix(own))
            rest = rest.dropFirst(own)
        }
        return value
    }

    /// The column weights as a tensor product of `count` entries: where they lie is one more factor.
    func factors(count: Int) -> [[Scalar]] {
        let size = columnFactors.reduce(1) { $0 * $1.count }
        var place = [Scalar](repeating: .zero, count: count / size)
        place[firstColumn / size] = .one
        return [place] + columnFactors
    }
}

extension Scalar {
    /// All products of an entry of `slow` and one of `fast`, the latter's index running fastest.
    package static func tensorProduct(_ slow: [Scalar], _ fast: [Scalar]) -> [Scalar] {
        [Scalar](unsafeUninitializedCapacity: slow.count * fast.count) { buffer, count in
            var index = 0
            for factor in slow {
                for value in fast {
                    buffer.initializeElement(at: index, to: factor * value)
                    index += 1
                }
            }
            count = index
        }
    }
}
