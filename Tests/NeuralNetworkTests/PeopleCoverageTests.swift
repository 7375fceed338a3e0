import Foundation
import Testing

@testable import IntegerNetwork
@testable import ModelTools

/// How often what an evaluation says of others is wrong, over sets of people drawn from worlds whose rates are known.
@Suite struct PeopleCoverageTests {
    /// What two people's comparison comes to is one numerator or another.
    private static let (matching, other): (Int, Int) = (50000, 10)
    private static let threshold: UInt16 = 30000

    /// The promise that a set of people seems to keep or not; each pair is compared once.
    private func verdict(
        people: Int,
        promised: Double,
        generator: inout SeededGenerator,
        matches: (Int, Int) -> Bool
    ) -> PeopleEvaluation.Promise.Verdict {
        var counts = [[UInt16]](repeating: [UInt16](repeating: 0, count: people), count: 40)
        for replicate in counts.indices {
            for _ in 0..<people { counts[replicate][Int.random(in: 0..<people, using: &generator)] += 1 }
        }
        var overPeople = PeopleBootstrap(PeopleDraws(counts))
        var impostor = ScoreDistribution()
        for person in 0..<people {
            for another in 0..<person {
                let numerator = matches(person, another) ? Self.matching : Self.other
                impostor.insert(numerator)
                overPeople.insertImpostor(numerator, person: person, other: another)
            }
        }
        let rates = ErrorRates(genuine: ScoreDistribution(), impostor: impostor)
        let falseMatches = rates.falseMatchRate(numerator: Self.threshold)
        let nothing = BinomialRate(count: 0, trials: 0)
        let point = OperatingPoint(
            fmr: promised,
            numerator: Self.threshold,
            cosine: 0.5,
            falseMatches: falseMatches,
            falseNonMatches: nothing,
            falseMatchesOverPeople: overPeople.falseMatchRate(numerator: Self.threshold),
            falseMatchesAtMost: overPeople.impostorPairs.atMost(falseMatches.rate),
            peopleEverRejected: nothing,
            pairsOfPeopleEverMatched: nothing
        )
        return PeopleEvaluation.Promise(point, failuresToAcquire: nothing, unusable: nothing).verdict
    }

    /// Some people (a share of them) match everybody, or as many as are said.
    @Test(arguments: [(share: 0.107, rate: 1.0), (share: 0.02, rate: 1.0), (share: 0.3, rate: 0.4)])
    func aBrokenPromiseHardlyEverSeemsKept(share: Double, rate: Double) {
        var generator = SeededGenerator(seed: 7)
        let actual = rate * (1 - (1 - share) * (1 - share))
        let promised = actual * 0.97
        let sets = 400
        var (kept, unbroken) = (0, 0)
        for _ in 0..<sets {
            let wolves = (0..<30).map { _ in Double.random(in: 0..<1, using: &generator) < share }
            var draws = SeededGenerator(seed: generator.next())
            let verdict = verdict(people: 30, promised: promised, generator: &generator) { first, second in
                (wolves[first] || wolves[second]) && Double.random(in: 0..<1, using: &draws) < rate
            }
            if verdict == .kept { kept += 1 }
            if verdict == .kept || verdict == .notShown { unbroken += 1 }
        }
        #expect(Double(kept) <= DependentPairs.risk * Double(sets), "\(kept)")
        // What was called so before: intervals that take pairs for independent.
        if rate == 1 { #expect(Double(unbroken) > 0.1 * Double(sets), "\(unbroken)") }
    }

    /// People of one family look alike.
    @Test func soItIsWhereAGroupOfPeopleLooksAlike() {
        var generator = SeededGenerator(seed: 8)
        let kept = (0..<400).count { _ in
            let alike = (0..<30).map { _ in Double.random(in: 0..<1, using: &generator) < 0.45 }
            return verdict(people: 30, promised: 0.2, generator: &generator) { alike[$0] && alike[$1] } == .kept
        }
        #expect(kept <= 20, "\(kept)")
    }

    @Test func aPromiseThatIsKeptCanBeShown() {
        var generator = SeededGenerator(seed: 9)
        #expect(verdict(people: 30, promised: 0.2, generator: &generator) { _, _ in false } == .kept)
        #expect(verdict(people: 30, promised: 0.1, generator: &generator) { _, _ in false } == .notShown)
        // By the rule of three, of pairs without a person in common.
        var pairs = DependentPairs()
        for person in 0..<600 { for other in 0..<person { pairs.insert(person: person, other: other) } }
        #expect(pairs.independent == 300)
        #expect(abs(pairs.atMost(0) - (1 - pow(0.05, 1.0 / 300))) < 1e-9 && pairs.atMost(0) < 0.01)
        #expect(pairs.atMost(0.01) > 0.02 && pairs.atMost(1) == 1 && DependentPairs().atMost(0) == 1)
        // Somebody who has half of all comparisons leaves two independent ones.
        for _ in 0..<1000 { for other in 1..<200 { pairs.insert(person: 0, other: other) } }
        #expect(pairs.independent == 1)
    }

    /// The extremes of groups that are all alike are hardly ever called different.
    @Test(arguments: [2, 6]) func aGapThatIsNotThereIsHardlyEverSaid(groups: Int) {
        var generator = SeededGenerator(seed: 10)
        let (people, tries, sets) = (60, 20, 200)
        var said = 0
        for _ in 0..<sets {
            let measured = (0..<groups).map { group -> GroupGap.Measured in
                // A person's own rate is 5 % or 25 %: errors come in bunches.
                let errors = (0..<people).map { _ in
                    let rate = Double.random(in: 0..<1, using: &generator) < 0.5 ? 0.05 : 0.25
                    return (0..<tries).count { _ in Double.random(in: 0..<1, using: &generator) < rate }
                }
                let replicates = (0..<300).map { _ in
                    Double(
                        (0..<people).reduce(0) { sum, _ in sum + errors[Int.random(in: 0..<people, using: &generator)] }
                    )
                        / Double(people * tries)
                }
                return GroupGap.Measured(
                    group: "\(group)",
                    people: people,
                    rate: BinomialRate(count: errors.reduce(0, +), trials: people * tries),
                    replicates: replicates
                )
            }
            if let gap = GroupGap(of: "errors", in: measured), gap.lower > 1 { said += 1 }
        }
        // 5 % of 200, and what 200 sets let such a share stray by (Clopper-Pearson's interval of 18 holds 5 %).
        #expect(said <= 18, "\(said)")
    }
}
