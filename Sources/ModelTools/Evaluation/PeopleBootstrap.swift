/// Error rates of people drawn with replacement, of all replicates at once.
///
/// A person drawn n times weighs n: so do the person's genuine comparisons, and comparisons between two people weigh the
/// product of their counts. Copies of one person are no impostors of each other.
struct PeopleBootstrap: Sendable {
    private let draws: PeopleDraws
    private var genuine: ReplicateDistribution
    private var impostor: ReplicateDistribution
    private(set) var impostorPairs = DependentPairs()
    private let once: [UInt16]
    private let capacity: Int

    init(_ draws: PeopleDraws) {
        self.draws = draws
        genuine = ReplicateDistribution(replicates: draws.replicates)
        impostor = ReplicateDistribution(replicates: draws.replicates)
        once = [UInt16](repeating: 1, count: draws.replicates)
        let most = Int(Swift.max(draws.counts.max() ?? 0, 1))
        capacity = Int(UInt32.max) / (most * most)
    }

    var replicates: Int { draws.replicates }

    mutating func insertGenuine(_ greatestNumerator: Int?, person: Int) {
        let (draws, once) = (self.draws, self.once)
        draws.counts.withUnsafeBufferPointer { counts in
            once.withUnsafeBufferPointer { once in
                genuine.insert(
                    greatestNumerator,
                    UnsafeBufferPointer(rebasing: counts[draws.range(person)]),
                    once,
                    capacity: capacity
                )
            }
        }
    }

    mutating func insertImpostor(_ greatestNumerator: Int?, person: Int, other: Int) {
        impostorPairs.insert(person: person, other: other)
        let draws = self.draws
        draws.counts.withUnsafeBufferPointer { counts in
            impostor.insert(
                greatestNumerator,
                UnsafeBufferPointer(rebasing: counts[draws.range(person)]),
                UnsafeBufferPointer(rebasing: counts[draws.range(other)]),
                capacity: capacity
            )
        }
    }

    func falseMatchRate(numerator: UInt16) -> PeopleInterval? {
        PeopleInterval(falseMatchRates(numerator: numerator))
    }

    func falseNonMatchRate(numerator: UInt16) -> PeopleInterval? {
        PeopleInterval(falseNonMatchRates(numerator: numerator))
    }

    /// FMR in each replicate that has impostor comparisons.
    func falseMatchRates(numerator: UInt16) -> [Double] {
        Self.rates(impostor.matching(numerator: numerator), of: impostor.totals)
    }

    /// FNMR in each replicate that has genuine comparisons.
    func falseNonMatchRates(numerator: UInt16) -> [Double] {
        let totals = genuine.totals
        return Self.rates(zip(totals, genuine.matching(numerator: numerator)).map { $0 - $1 }, of: totals)
    }

    /// ``ErrorRates/equalErrorRate`` in each replicate.
    var equalErrorRate: PeopleInterval? {
        let (genuineTotals, impostorTotals) = (self.genuine.totals, self.impostor.totals)
        var genuine = [UInt64](repeating: 0, count: replicates)
        var impostor = genuine
        var best = [(difference: Double, rate: Double)](repeating: (.infinity, 1), count: replicates)
        for numerator in (1...65535).reversed() {
            // Between the numerators of two comparisons the rates stay.
            if numerator < 65535, self.genuine.isEmpty(at: numerator), self.impostor.isEmpty(at: numerator) { continue }
            self.genuine.add(at: numerator, to: &genuine)
            self.impostor.add(at: numerator, to: &impostor)
            for replicate in best.indices {
                // Not a number in a replicate without such comparisons.
                let fmr = Double(impostor[replicate]) / Double(impostorTotals[replicate])
                let fnmr =
                    Double(genuineTotals[replicate] - genuine[replicate]) / Double(genuineTotals[replicate])
                let difference = (fmr - fnmr).magnitude
                if difference <= best[replicate].difference { best[replicate] = (difference, (fmr + fnmr) / 2) }
            }
        }
        return PeopleInterval(best.filter { $0.difference.isFinite }.map(\.rate))
    }

    /// Of the replicates that have such comparisons.
    private static func rates(_ counts: [UInt64], of totals: [UInt64]) -> [Double] {
        zip(counts, totals).filter { $1 > 0 }.map { Double($0) / Double($1) }
    }
}
