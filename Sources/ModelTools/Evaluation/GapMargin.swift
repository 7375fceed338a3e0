import Foundation

/// By what factor quotients of groups' rates go astray, all at once in 95 % of draws: the quantile of the greatest studentised difference of
/// logarithms between any two groups, as Tukey's range has it for means, by people drawn anew in place of normal ones.
///
/// B. Efron and R. Tibshirani, An Introduction to the Bootstrap (1993), chapter 12; J. Tukey, The Problem of Multiple Comparisons (1953).
struct GapMargin {
    private let spreads: [String: Double]
    private let critical: Double

    /// - Returns: nil where groups lack errors in too many draws, or all draws are alike.
    init?(_ groups: [GroupGap.Measured]) {
        guard let draws = groups.map(\.replicates.count).min(), draws > 0 else { return nil }
        // Logarithms' distances from what was measured; a draw without errors is infinitely far.
        let deviations = groups.map { group in group.replicates.prefix(draws).map { log($0) - log(group.rate.rate) } }
        let variances = deviations.map(Self.variance)
        guard variances.allSatisfy({ $0 > 0 }) else { return nil }
        var greatest = [Double](repeating: 0, count: draws)
        for first in groups.indices {
            for second in groups.indices.dropFirst(first + 1) {
                let spread = (variances[first] + variances[second]).squareRoot()
                for draw in 0..<draws {
                    let difference = (deviations[first][draw] - deviations[second][draw]).magnitude / spread
                    greatest[draw] = max(greatest[draw], difference.isNaN ? .infinity : difference)
                }
            }
        }
        critical = greatest.sorted()[Int((0.95 * Double(draws - 1)).rounded(.up))]
        guard critical.isFinite else { return nil }
        spreads = Dictionary(zip(groups.map(\.group), variances)) { first, _ in first }
    }

    /// The factor between what was measured of two groups and either end of their interval; at least 1.
    func margin(_ first: String, _ second: String) -> Double? {
        guard let first = spreads[first], let second = spreads[second] else { return nil }
        return exp(critical * (first + second).squareRoot())
    }

    /// Of those that are finite.
    private static func variance(_ values: [Double]) -> Double {
        let finite = values.filter(\.isFinite)
        guard finite.count > 1 else { return 0 }
        let mean = finite.reduce(0, +) / Double(finite.count)
        return finite.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(finite.count - 1)
    }
}
