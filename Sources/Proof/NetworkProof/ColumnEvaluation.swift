import Multilinear
import Ristretto255

/// The extension of a column of small integers at a point of the whole hypercube.
enum ColumnEvaluation {
    /// - Parameter range: the addresses that count, whole aligned runs.
    static func evaluate(_ column: [Int32], range: Range<Int>, at point: [Scalar]) -> Scalar {
        let weights = EqualityWeights(point)
        let run = weights.run
        var total = ScalarAccumulator()
        column.withUnsafeBufferPointer { column in
            var address = range.lowerBound
            while address < range.upperBound {
                let block = address / run
                let end = min(range.upperBound, (block + 1) * run)
                var sum = SmallProductAccumulator()
                for index in address..<end { sum.add(weights.low[index - block * run], times: column[index]) }
                total.add(weights.high[block], times: sum.reduced())
                address = end
            }
        }
        return total.reduced()
    }
}
