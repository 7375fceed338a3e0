/// A ``ScoreDistribution`` for each replicate of a bootstrap. Memory depends on the numerators that occur, not on the number
/// of comparisons: at most 131 MB with 500 replicates.
struct ReplicateDistribution: Sendable {
    /// By the greatest numerator with which comparisons match; the last is of those that match with none.
    private var sums = [ReplicateSums](repeating: ReplicateSums(), count: 65537)
    private let replicates: Int

    init(replicates: Int) { self.replicates = replicates }

    mutating func insert(
        _ greatestNumerator: Int?,
        _ first: UnsafeBufferPointer<UInt16>,
        _ second: UnsafeBufferPointer<UInt16>,
        capacity: Int
    ) {
        let index = greatestNumerator.map { Swift.min(Swift.max($0, 0), 65535) } ?? 65536
        sums[index].add(first, second, capacity: capacity)
    }

    func isEmpty(at numerator: Int) -> Bool { sums[numerator].isEmpty }

    /// Adds what matches at a numerator and at nothing above.
    func add(at numerator: Int, to totals: inout [UInt64]) { sums[numerator].add(to: &totals) }

    /// What matches at a numerator, in each replicate.
    func matching(numerator: UInt16) -> [UInt64] {
        var totals = [UInt64](repeating: 0, count: replicates)
        for index in Int(numerator)...65535 { sums[index].add(to: &totals) }
        return totals
    }

    /// All comparisons, in each replicate.
    var totals: [UInt64] {
        var totals = matching(numerator: 0)
        sums[65536].add(to: &totals)
        return totals
    }
}
