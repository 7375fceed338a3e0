import Foundation

/// Whether two samples could be of one distribution.
enum RankTest {
    /// Probability that a value of `one` is below one of `other` (ties count half), and the deviation of that from one
    /// half in standard deviations (Mann and Whitney).
    static func mannWhitney(_ one: [Double], _ other: [Double]) -> (probability: Double, z: Double) {
        let pooled = (one.map { ($0, true) } + other.map { ($0, false) }).sorted { $0.0 < $1.0 }
        var (rankSum, start) = (0.0, 0)
        while start < pooled.count {
            var end = start
            while end < pooled.count, pooled[end].0 == pooled[start].0 { end += 1 }
            let rank = Double(start + end + 1) / 2
            rankSum += rank * Double(pooled[start..<end].filter(\.1).count)
            start = end
        }
        let (n, m) = (Double(one.count), Double(other.count))
        let above = rankSum - n * (n + 1) / 2
        let deviation = (n * m * (n + m + 1) / 12).squareRoot()
        return (1 - above / (n * m), (n * m / 2 - above) / deviation)
    }

    /// The largest distance of the two distribution functions (Kolmogorov and Smirnov).
    static func kolmogorovSmirnov(_ one: [Double], _ other: [Double]) -> Double {
        let (one, other) = (one.sorted(), other.sorted())
        var (i, j, distance) = (0, 0, 0.0)
        while i < one.count, j < other.count {
            let value = min(one[i], other[j])
            while i < one.count, one[i] <= value { i += 1 }
            while j < other.count, other[j] <= value { j += 1 }
            distance = max(distance, abs(Double(i) / Double(one.count) - Double(j) / Double(other.count)))
        }
        return distance
    }

    static func median(_ values: [Double]) -> Double {
        let sorted = values.sorted()
        return sorted.isEmpty ? 0 : sorted[sorted.count / 2]
    }
}
