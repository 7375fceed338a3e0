/// When the prover of an inner-product argument folds its generators, found by minimising modelled group work.
struct FoldingPlan: Sendable {
    /// The vector lengths at which the generators are folded before the round.
    let foldLengths: [Int]

    /// No fold: every round multiplies the original generators.
    static let never = FoldingPlan(foldLengths: [])

    static func standard(length: Int) -> FoldingPlan {
        FoldingPlan(foldLengths: [])
    }
}
