/// When the prover of an inner-product argument folds its generators.
///
/// Without a fold each round multiplies all the original generators by scalars that carry the challenges; a fold replaces
/// them by fewer, at the cost of one small multi-scalar multiplication for each that remains. The plan minimises the
/// modelled time, and has no influence on the proof's bytes.
struct FoldingPlan: Sendable {
    /// The vector lengths at which the generators are folded before the round.
    let foldLengths: [Int]

    /// No fold: every round multiplies the original generators.
    static let never = FoldingPlan(foldLengths: [])

    init(foldLengths: [Int]) {
        self.foldLengths = foldLengths
    }

    /// The plan of least cost for vectors of `length` elements, a power of two.
    static func standard(length: Int) -> FoldingPlan {
        // best[k]: least cost, and the number of rounds before the next fold, for 2^k generators on either side.
        var best: [(cost: Double, rounds: Int)] = [(0, 0)]
        for k in 1..<max(2, logarithm(length) + 1) {
            let round = 2 * multiplicationCost((1 << k) + 1)
            var choice = (cost: Double(k) * round, rounds: k)
            for rounds in 1..<max(1, k) {
                let fold = Double(2 << (k - rounds)) * multiplicationCost(1 << rounds)
                let cost = Double(rounds) * round + fold + best[k - rounds].cost
                if cost < choice.cost { choice = (cost, rounds) }
            }
            best.append(choice)
        }
        var lengths: [Int] = []
        var k = logarithm(length)
        while k > 0 {
            k -= best[k].rounds
            if k > 0 { lengths.append(1 << k) }
        }
        return FoldingPlan(foldLengths: lengths)
    }

    /// Modelled time of a variable-time multi-scalar multiplication, in tenths of a microsecond on one core: Straus's
    /// method for few points, the bucket method for many. Only ratios matter.
    private static func multiplicationCost(_ points: Int) -> Double {
        points < 190 ? 220 + 46 * Double(points) : 2700 + 33 * Double(points)
    }
}
