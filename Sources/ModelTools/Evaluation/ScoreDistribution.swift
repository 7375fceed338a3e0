/// How many comparisons match up to which numerator: all that error rates depend on, exactly, in constant memory.
public struct ScoreDistribution: Hashable, Sendable {
    /// Comparisons that match at no numerator: S < 1 or E < E_min.
    public private(set) var refused = 0
    /// counts[n]: comparisons that match at n and at nothing above.
    public private(set) var counts = [Int](repeating: 0, count: 65536)
    /// All comparisons, the refused ones included.
    public private(set) var total = 0

    /// No comparisons yet.
    public init() {}

    /// - Parameter greatestNumerator: see ``MatchScore/greatestNumerator(minimumNorm:)``.
    public mutating func insert(_ greatestNumerator: Int?) {
        total += 1
        if let numerator = greatestNumerator {
            self.counts[Swift.min(Swift.max(numerator, 0), 65535)] += 1
        } else {
            refused += 1
        }
    }

    /// Adds the other's comparisons; the order makes no difference.
    public mutating func merge(_ other: ScoreDistribution) {
        refused += other.refused
        total += other.total
        for index in counts.indices { counts[index] += other.counts[index] }
    }

    /// Comparisons that match, for every numerator 0...65536; the last is 0.
    public var matching: [Int] {
        var matching = [Int](repeating: 0, count: 65537)
        for numerator in (0...65535).reversed() {
            matching[numerator] = matching[numerator + 1] + counts[numerator]
        }
        return matching
    }
}
