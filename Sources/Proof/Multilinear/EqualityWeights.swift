import Ristretto255

/// eq(point, x) for all x, as a product of two small tables: no table of 2^n scalars.
package struct EqualityWeights: Sendable {
    /// eq of the leading coordinates: one for each run of indices.
    package let high: [Scalar]
    /// eq of the last coordinates: one for each index of a run.
    package let low: [Scalar]
    private let lowBits: Int

    /// - Parameter point: most significant coordinate first; half of them, rounded up, make the low part.
    package init(_ point: some Collection<Scalar>) {
        lowBits = (point.count + 1) / 2
        high = MultilinearExtension.equalityTable(point.dropLast(lowBits))
        low = MultilinearExtension.equalityTable(point.suffix(lowBits))
    }

    var count: Int { high.count << lowBits }
    /// Indices x with the same high part are runs of this length.
    package var run: Int { low.count }

    /// The sum of eq(point, x) over x >= start.
    func sum(from start: Int) -> Scalar {
        guard start < count else { return .zero }
        let (block, offset) = (start >> lowBits, start & (low.count - 1))
        var sum = high[block] * low[offset...].reduce(.zero, +)
        for value in high[(block + 1)...] { sum += value }
        return sum
    }
}
