import Commitments
import Multilinear
import Ristretto255

/// The public table of remainders (r, 0), and of the start block's values (v, 1).
package struct RemainderTable: Sendable {
    private let shift: Int
    private let start: ClosedRange<Int>
    /// A power of two, a multiple of the row width; the last entry repeats.
    package let count: Int

    init(shift: Int, start: ClosedRange<Int>, minimumCount: Int) {
        self.shift = shift
        self.start = start
        count = max(minimumCount, 1 << ceilLog2(1 << shift + start.count))
    }

    /// Index of remainder r, |r| <= 2^(s-1).
    package func index(ofRemainder value: Int) -> Int { value + 1 << (shift - 1) }

    /// Index of a value of the start block, in its range.
    package func index(ofStart value: Int) -> Int { 1 << shift + value - start.lowerBound }

    private func entry(_ index: Int) -> (value: Int, id: Int) {
        let remainders = 1 << shift
        if index < remainders { return (index - remainders / 2, 0) }
        return (min(start.lowerBound + index - remainders, start.upperBound), 1)
    }

    /// Leaf denominators `alpha - (r + beta id)`.
    package func denominators(alpha: Scalar, beta: Scalar) -> [Scalar] {
        (0..<count).map { index in
            let entry = entry(index)
            return alpha - Scalar(signed: entry.value) - (entry.id == 1 ? beta : .zero)
        }
    }

    /// The extension of `r + beta id` at a point.
    package func fingerprint(at point: [Scalar], beta: Scalar) -> Scalar {
        let equality = MultilinearExtension.equalityTable(point)
        var sum = SmallProductAccumulator()
        var ids = Scalar.zero
        for (index, weight) in equality.enumerated() {
            let entry = entry(index)
            sum.add(weight, times: Int32(truncatingIfNeeded: entry.value))
            if entry.id == 1 { ids += weight }
        }
        return sum.reduced() + beta * ids
    }
}
