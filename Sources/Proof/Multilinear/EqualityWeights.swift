import Ristretto255

/// eq(point, x) for all x, as a product of two small tables: no table of 2^n scalars.
package struct EqualityWeights: Sendable {
    /// eq of the leading coordinates: one for each run of indices.
    package let high: [Scalar]
    /// eq of the last coordinates: one for each index of a run.
    package let low: [Scalar]

    /// A run's weights stay in the first-level cache beside what they weigh.
    private static let runBits = 9
    static let longestRun = 1 << runBits

    /// - Parameters:
    ///   - point: most significant coordinate first.
    ///   - other: weights whose low part is used again, if the point ends in the same coordinates: of a point that this one
    ///     ends.
    package init(_ point: some Collection<Scalar>, sharing other: EqualityWeights? = nil) {
        let lowBits = min(Self.runBits, point.count)
        high = MultilinearExtension.equalityTable(point.dropLast(lowBits))
        if let other, other.low.count == 1 << lowBits {
            low = other.low
        } else {
            low = MultilinearExtension.equalityTable(point.suffix(lowBits))
        }
    }

    /// Indices x with the same high part are runs of this length.
    package var run: Int { low.count }
    var count: Int { high.count * run }
}
