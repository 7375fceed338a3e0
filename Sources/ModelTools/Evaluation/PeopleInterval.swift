import Foundation

/// The 95 % interval of a rate over people: percentiles of the rates of people drawn with replacement.
public struct PeopleInterval: Hashable, Sendable, Codable {
    /// The 2.5 % percentile, 0...1.
    public var lower: Double
    /// The 97.5 % percentile, 0...1.
    public var upper: Double

    /// - Parameter rates: of all replicates that have one.
    /// - Returns: nil where they are all alike: that says nothing about other people.
    init?(_ rates: [Double]) {
        let sorted = rates.sorted()
        guard let first = sorted.first, let last = sorted.last, first < last else { return nil }
        func quantile(_ probability: Double) -> Double {
            let position = probability * Double(sorted.count - 1)
            let index = Int(position)
            guard index + 1 < sorted.count else { return last }
            return sorted[index] + (position - Double(index)) * (sorted[index + 1] - sorted[index])
        }
        lower = quantile(0.025)
        upper = quantile(0.975)
    }
}

extension PeopleInterval: CustomStringConvertible {
    public var description: String {
        "over people \(String(format: "%.3g", lower)) to \(String(format: "%.3g", upper))"
    }
}
