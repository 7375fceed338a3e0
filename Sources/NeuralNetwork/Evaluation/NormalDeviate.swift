import Foundation

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
