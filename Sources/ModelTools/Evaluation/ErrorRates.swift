/// Error rates of the integer decision at every numerator 1...65535, from genuine and impostor comparisons.
public struct ErrorRates: Sendable {
    /// Genuine comparisons, those that match at no numerator included.
    public let genuineTotal: Int
    /// Impostor comparisons, those that match at no numerator included.
    public let impostorTotal: Int
    /// By numerator.
    private let genuine: [Int]
    private let impostor: [Int]

    /// Keeps 65,537 counts of each.
    public init(genuine: ScoreDistribution, impostor: ScoreDistribution) {
        self.genuine = genuine.matching
        self.impostor = impostor.matching
        genuineTotal = genuine.total
        impostorTotal = impostor.total
    }

    /// Impostor comparisons that match at the numerator.
    public func falseMatches(numerator: UInt16) -> Int { impostor[Int(numerator)] }
    /// Genuine comparisons that do not match at the numerator.
    public func falseNonMatches(numerator: UInt16) -> Int { genuineTotal - genuine[Int(numerator)] }

    /// FMR: of all impostor comparisons.
    public func falseMatchRate(numerator: UInt16) -> BinomialRate {
        BinomialRate(count: falseMatches(numerator: numerator), trials: impostorTotal)
    }

    /// FNMR: of all genuine comparisons.
    public func falseNonMatchRate(numerator: UInt16) -> BinomialRate {
        BinomialRate(count: falseNonMatches(numerator: numerator), trials: genuineTotal)
    }

    /// The smallest numerator that at most `count` impostor comparisons match; nil if none of 1...65535 does.
    public func numerator(allowing count: Int) -> UInt16? {
        guard count >= 0 else { return nil }
        // Matches fall as the numerator rises.
        var (low, high) = (1, 65536)
        while low < high {
            let middle = (low + high) / 2
            if impostor[middle] <= count { high = middle } else { low = middle + 1 }
        }
        return UInt16(exactly: low)
    }

    /// False matches that a claimed rate allows.
    ///
    /// - Parameter usesUpperLimit: whether the upper end of the interval has to be at most the rate, not only the
    ///   measured rate.
    public func falseMatchesAllowed(rate: Double, usesUpperLimit: Bool) -> Int? {
        let largest = Int(rate * Double(impostorTotal))
        guard usesUpperLimit else { return largest }
        var (low, high) = (-1, largest)
        while low < high {
            let middle = (low + high + 1) / 2
            if BinomialRate(count: middle, trials: impostorTotal).upper <= rate {
                low = middle
            } else {
                high = middle - 1
            }
        }
        return low < 0 ? nil : low
    }

    /// The numerator at which both rates are closest to each other; the first of them.
    public var equalErrorNumerator: UInt16 {
        var best = (difference: Double.infinity, numerator: UInt16(1))
        for numerator in UInt16(1)...65535 {
            let fmr = Double(falseMatches(numerator: numerator)) / Double(Swift.max(impostorTotal, 1))
            let fnmr = Double(falseNonMatches(numerator: numerator)) / Double(Swift.max(genuineTotal, 1))
            if (fmr - fnmr).magnitude < best.difference { best = ((fmr - fnmr).magnitude, numerator) }
        }
        return best.numerator
    }

    /// The mean of both rates where they are closest.
    public var equalErrorRate: Double {
        let numerator = equalErrorNumerator
        guard impostorTotal > 0, genuineTotal > 0 else { return 1 }
        let fmr = Double(falseMatches(numerator: numerator)) / Double(impostorTotal)
        let fnmr = Double(falseNonMatches(numerator: numerator)) / Double(genuineTotal)
        return (fmr + fnmr) / 2
    }

    /// Numerators at which a rate changes, thinned to those that a plot can tell apart.
    ///
    /// - Returns: (numerator, FMR, FNMR), the numerators ascending.
    public var curve: [(numerator: UInt16, fmr: Double, fnmr: Double)] {
        var points: [(numerator: UInt16, fmr: Double, fnmr: Double)] = []
        var last = (-1, -1)
        for numerator in UInt16(1)...65535 {
            let counts = (falseMatches(numerator: numerator), falseNonMatches(numerator: numerator))
            guard counts != last else { continue }
            last = counts
            points.append(
                (
                    numerator, Double(counts.0) / Double(Swift.max(impostorTotal, 1)),
                    Double(counts.1) / Double(Swift.max(genuineTotal, 1))
                )
            )
        }
        return points
    }
}
