import Foundation

/// A measured rate with its 95 % interval: `count` of `trials`.
///
/// The interval is exact (Clopper-Pearson). Where nothing was counted its upper end is the rule of three, 3 / trials: the
/// 95 % one-sided bound, which is what a claim "at most" needs.
public struct BinomialRate: Hashable, Sendable, Codable {
    /// 0...trials.
    public var count: Int
    /// With none, nothing is known: the rate is 0, its interval 0...1.
    public var trials: Int
    /// `count / trials`.
    public var rate: Double
    /// 95 %.
    public var lower: Double
    /// 95 %, or the rule of three.
    public var upper: Double

    /// - Parameters:
    ///   - count: in 0...trials.
    ///   - trials: positive; with none, nothing is known: 0...1.
    public init(count: Int, trials: Int) {
        self.count = count
        self.trials = trials
        guard trials > 0 else {
            (rate, lower, upper) = (0, 0, 1)
            return
        }
        let ruleOfThree = Swift.min(3 / Double(trials), 1)
        rate = Double(count) / Double(trials)
        switch count {
        case 0: (lower, upper) = (0, ruleOfThree)
        case trials: (lower, upper) = (1 - ruleOfThree, 1)
        default:
            lower = Self.quantile(0.025, Double(count), Double(trials - count + 1))
            upper = Self.quantile(0.975, Double(count + 1), Double(trials - count))
        }
    }

    /// Trials without a single success that a claim of at most `rate` needs.
    public static func trialsNeeded(rate: Double) -> Int {
        guard rate > 0, 3 / rate < Double(Int.max / 2) else { return Int.max }
        return Int((3 / rate).rounded(.up))
    }

    /// x with I_x(a, b) = probability, by bisection: I is monotone.
    private static func quantile(_ probability: Double, _ a: Double, _ b: Double) -> Double {
        var (low, high) = (0.0, 1.0)
        for _ in 0..<200 {
            let middle = (low + high) / 2
            if middle == low || middle == high { break }
            if Self.incompleteBeta(middle, a, b) < probability { low = middle } else { high = middle }
        }
        return (low + high) / 2
    }

    /// I_x(a, b), by its continued fraction (Lentz).
    static func incompleteBeta(_ x: Double, _ a: Double, _ b: Double) -> Double {
        guard x > 0 else { return 0 }
        guard x < 1 else { return 1 }
        let logarithm = lgamma(a + b) - lgamma(a) - lgamma(b) + a * log(x) + b * log1p(-x)
        // The fraction converges quickly on the near side of the mean.
        return x < (a + 1) / (a + b + 2)
            ? exp(logarithm) * Self.continuedFraction(x, a, b) / a
            : 1 - exp(logarithm) * Self.continuedFraction(1 - x, b, a) / b
    }

    private static func continuedFraction(_ x: Double, _ a: Double, _ b: Double) -> Double {
        let tiny = 1e-300
        func nonzero(_ value: Double) -> Double { value.magnitude < tiny ? tiny : value }
        var c = 1.0
        var d = 1 / nonzero(1 - (a + b) * x / (a + 1))
        var result = d
        // About sqrt(max(a, b)) steps are needed.
        for step in 1...100_000 {
            let m = Double(step)
            let even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
            d = 1 / nonzero(1 + even * d)
            c = nonzero(1 + even / c)
            result *= d * c
            let odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
            d = 1 / nonzero(1 + odd * d)
            c = nonzero(1 + odd / c)
            result *= d * c
            if (d * c - 1).magnitude < 1e-15 { break }
        }
        return result
    }
}

extension BinomialRate: CustomStringConvertible {
    public var description: String {
        let figures = [rate, lower, upper].map { String(format: "%.3g", $0) }
        return "\(figures[0]) (\(figures[1]) to \(figures[2]); \(count) of \(trials))"
    }
}

/// The inverse of the standard normal distribution: the axes of a DET plot.
enum NormalDeviate {
    /// Phi(x).
    static func probability(_ x: Double) -> Double { erfc(-x / 2.0.squareRoot()) / 2 }

    /// x with Phi(x) = probability, which is in 0...1; clamped to 8 deviations.
    static func quantile(_ probability: Double) -> Double {
        var (low, high) = (-8.0, 8.0)
        for _ in 0..<60 {
            let middle = (low + high) / 2
            if self.probability(middle) < probability { low = middle } else { high = middle }
        }
        return (low + high) / 2
    }
}
