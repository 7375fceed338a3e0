import Multilinear
import Ristretto255

/// The extension of a column of small integers at a point of the whole hypercube.
enum ColumnEvaluation {
    /// - Parameter range: the addresses that count, whole aligned runs.
    static func evaluate(_ column: [Int32], range: Range<Int>, at point: [Scalar]) -> Scalar {
        let lowVariables = min(point.count, max(point.count / 2, 7))
        let low = MultilinearExtension.equalityTable(point.suffix(lowVariables))
        let high = MultilinearExtension.equalityTable(point.dropLast(lowVariables))
        var total = ScalarAccumulator()
        column.withUnsafeBufferPointer { column in
            var address = range.lowerBound
            while address < range.upperBound {
                let block = address >> lowVariables
                let end = min(range.upperBound, (block + 1) << lowVariables)
                var sum = SmallProductAccumulator()
                for index in address..<end { sum.add(low[index - block << lowVariables], times: column[index]) }
                total.add(high[block], times: sum.reduced())
                address = end
            }
        }
        return total.reduced()
    }
}
