import Foundation
import Testing

@testable import IntegerNetwork
@testable import ModelTools
@testable import Models

/// `semblance model evaluate`, on people whose errors are known, and on folders that somebody else has filled.
@Suite struct PeopleEvaluationTests {
    /// People with four pictures each, all of one direction that nobody else has; `strays` are pictures that look like another person.
    private func people(
        _ names: [String],
        dimension: Int,
        strays: [(person: Int, picture: Int, like: Int)] = [],
        refused: [Int] = []
    ) -> AcquiredPeople {
        func direction(_ person: Int) -> [Int16] {
            // Signs of a Hadamard matrix: rows of different people have the product 0.
            (0..<dimension).map { ($0 & person).nonzeroBitCount % 2 == 0 ? 100 : -100 }
        }
        var people = names.enumerated().map { person, name in
            AcquiredPeople.Person(
                name: name,
                paths: (0..<4).map { "\(name)/\($0)" },
                embeddings: (0..<4).map { _ in direction(person) },
                refused: refused.count { $0 == person }
            )
        }
        for stray in strays { people[stray.person].embeddings[stray.picture] = direction(stray.like) }
        return AcquiredPeople(people)
    }

    private func model() throws -> EmbeddingModel { try ModelFileTests.smallModel() }

    private func evaluator(_ people: AcquiredPeople, samples: [Int] = [1]) throws -> PeopleEvaluator {
        PeopleEvaluator(try model(), people: people, templateSamples: samples) { _, _ in }
    }

    @Test func knownErrorsAreCountedOneByOne() throws {
        // Eight people; one picture of the first looks like the second, and three pictures of the third are refused.
        let people = people(
            (0..<8).map { "p\($0)" },
            dimension: 16,
            strays: [(person: 0, picture: 3, like: 1)],
            refused: [2, 2, 2]
        )
        let result = try evaluator(people).result((1, .sum), atLeast: [])
        // Of each person 6 pairs; of 32 pictures 496 pairs. The stray fails with its three, and matches the second's four.
        #expect(result.genuinePairs == 48 && result.impostorPairs == 448)
        let promise = try #require(result.promises.last)
        #expect(promise.point.falseNonMatches == BinomialRate(count: 3, trials: 48))
        #expect(promise.point.falseMatches == BinomialRate(count: 4, trials: 448))
        #expect(result.equalErrorRate == (3.0 / 48 + 4.0 / 448) / 2)
        // ISO/IEC 19795-1: FTA = 3/35, FNMR = 3/48.
        #expect(people.failuresToAcquire == BinomialRate(count: 3, trials: 35))
        let rejected = try #require(promise.falseRejectionRate)
        #expect(abs(rejected - (3.0 / 35 + 32.0 / 35 * 3 / 48)) < 1e-12)
        #expect(abs(promise.falseAcceptanceRate - 32.0 / 35 * 4 / 448) < 1e-12)
        #expect(promise.generalisedFalseRejectionRate == promise.falseRejectionRate)
        // 4 of 448 are 8.9 in 1,000; but one pair of people made them all, and may not be drawn.
        #expect(promise.verdict == .brokenByFew)
        #expect(promise.words.hasPrefix("promises 1 in 1,000; measured here 8.9 in 1,000 [0 to "), "\(promise.words)")
        #expect(promise.words.hasSuffix("too few people to say so of others"))
        // A thousandth of 448 allows none, and only 3,000 comparisons support it.
        #expect(result.needed.map(\.fmr) == [0.01])
        #expect(result.needed.first?.falseMatches.count == 4)
        #expect(result.notSupported.map(\.fmr) == [0.001])
    }

    @Test func enrolmentsThatCannotBeMadeAreCounted() throws {
        // The first has four readable pictures of which one is usable; the second's first three do not match each other.
        var all = people(["a", "b", "c", "d"], dimension: 16, strays: [(person: 1, picture: 2, like: 3)]).people
        all[0].paths.removeLast(3)
        all[0].embeddings.removeLast(3)
        all[0].refused = 3
        all.append(AcquiredPeople.Person(name: "e", paths: ["e/0"], embeddings: [all[2].embeddings[0]]))
        let evaluator = try evaluator(AcquiredPeople(all), samples: [3])
        #expect(evaluator.makings.map(\.rule) == [.sum, .best])
        let result = evaluator.result((3, .sum), atLeast: [])
        #expect(result.failuresToEnrol == BinomialRate(count: 1, trials: 4))
        #expect(result.peopleWithTooFewPictures == 1)
        let promise = try #require(result.promises.first)
        #expect(promise.failuresToEnrol == BinomialRate(count: 2, trials: 4))
        let rejected = try #require(promise.falseRejectionRate)
        let generalised = try #require(promise.generalisedFalseRejectionRate)
        #expect(abs(generalised - (0.5 + 0.5 * rejected)) < 1e-12)
    }

    @Test(arguments: [2, 3]) func theBestOfAPersonsSamplesCounts(samples: Int) {
        var generator = SeededGenerator(seed: 40)
        let sizes = [5, 2, 4, 6, 3]
        let embeddings = sizes.map { size in
            let centre = (0..<13).map { _ in Int16.random(in: -60...60, using: &generator) }
            return (0..<size).map { _ in centre.map { $0 + Int16.random(in: -50...50, using: &generator) } }
        }
        let people = AcquiredPeople(
            embeddings.enumerated().map { person, values in
                AcquiredPeople.Person(
                    name: "\(person)",
                    paths: values.indices.map { "\(person)/\($0)" },
                    embeddings: values
                )
            }
        )
        let set = people.set(templateSamples: samples, rule: .best)
        let evaluation = Evaluation(set, table: people.table, minimumNorm: 100) { _ in }
        var (genuine, impostor) = (ScoreDistribution(), ScoreDistribution())
        for (owner, own) in embeddings.enumerated() where own.count >= samples {
            for (person, others) in embeddings.enumerated() {
                for probe in others.dropFirst(others.count >= samples ? samples : 0) {
                    let best = own.prefix(samples).compactMap {
                        MatchScore(probe: probe, template: $0).greatestNumerator(minimumNorm: 100)
                    }.max()
                    if person == owner { genuine.insert(best) } else { impostor.insert(best) }
                }
            }
        }
        #expect(evaluation.genuine == genuine && evaluation.impostor == impostor)
        #expect(genuine.total > 0 && impostor.refused > 0)
    }

    @Test func groupsAreComparedWithinAndTheStrictestIsNeeded() throws {
        // Of the second group two people are each other's likeness in three pictures of four.
        let strays = (0..<3).map { (person: 5, picture: $0, like: 6) }
        let people = people((0..<8).map { "p\($0)" }, dimension: 16, strays: strays)
        let table = try GroupTable(csv: Array("person,room\n\((0..<8).map { "p\($0),\($0 / 4)\n" }.joined())".utf8))
        let evaluator = try evaluator(people)
        let grouping = try evaluator.grouping(table.columns[0], firstSeed: 2)
        #expect(grouping.groups.map(\.name) == ["0", "1"] && grouping.groups.map(\.people) == [4, 4])
        #expect(grouping.groups.map { $0.protocols[0].impostorPairs } == [96, 96])
        let points = grouping.groups.map { $0.protocols[0].points[0] }
        #expect(points.map(\.falseMatches.count) == [0, 12] && points.map(\.falseNonMatches.count) == [0, 3])
        // Too few people for a gap, however large.
        #expect(grouping.gaps.isEmpty && grouping.peopleWithoutGroup == 0)
        let strict = evaluator.result((1, .sum), atLeast: [MatchThreshold(fmr: 0.01, numerator: 50000)])
        #expect(strict.needed.first?.numerator == 50000)
        // Everybody a group of his own is a mistake.
        let alone = try GroupTable(csv: Array((0..<65).map { "p\($0),\($0)\n" }.joined().utf8))
        let many = self.people((0..<65).map { "p\($0)" }, dimension: 128)
        let crowd = try self.evaluator(many)
        #expect(throws: ImportError.tooManyGroups(65, most: 64)) { try crowd.grouping(alone.columns[0], firstSeed: 2) }
    }

    @Test func aGapIsSaidWhereTheCountsSupportIt() throws {
        func measured(_ group: String, _ errors: Int, people: Int = 30, replicates: [Double]) -> GroupGap.Measured {
            GroupGap.Measured(
                group: group,
                people: people,
                rate: BinomialRate(count: errors, trials: 1000),
                replicates: replicates
            )
        }
        let (few, more) = ((0..<500).map { 0.01 + 0.00001 * Double($0) }, (0..<500).map { 0.03 + 0.00001 * Double($0) })
        let gap = try #require(
            GroupGap(
                of: "errors",
                in: [
                    measured("a", 12, replicates: few), measured("b", 36, replicates: more),
                    measured("rare", 9, replicates: more), measured("small", 900, people: 9, replicates: more),
                ]
            )
        )
        #expect((gap.greatestGroup, gap.leastGroup, gap.groups) == ("b", "a", 2))
        #expect(abs(gap.factor - 3) < 1e-12)
        // Of two groups: the distance that 95 % of draws keep from the measured quotient, either way.
        let distances = zip(more, few).map { abs(log($0 / $1) - log(3)) }.sorted()
        #expect(abs(log(gap.upper / gap.factor) - distances[475]) < 1e-9)
        #expect(abs(log(gap.factor / gap.lower) - distances[475]) < 1e-9)
        #expect(gap.words.hasPrefix("errors: 'b' 3 times as often as 'a' ["), "\(gap.words)")
        // One group alone, or one whose errors are often not drawn.
        #expect(GroupGap(of: "errors", in: [measured("a", 12, replicates: few)]) == nil)
        let rare = (0..<500).map { $0 < 100 ? 0 : 0.01 }
        #expect(
            GroupGap(of: "errors", in: [measured("a", 12, replicates: rare), measured("b", 36, replicates: more)])
                == nil
        )
    }

    @Test func promisesAreHeldAgainstTheWiderInterval() {
        func promise(_ count: Int, of trials: Int, promised: Double = 0.001) -> PeopleEvaluation.Promise {
            let calibration = ThresholdCalibration(
                genuine: [MatchScore(product: 100, probeNorm: 100, templateNorm: 100)],
                impostor: (0..<trials).map {
                    MatchScore(product: $0 < count ? 100 : 1, probeNorm: 100, templateNorm: 100)
                },
                minimumNorm: 100
            )
            let nothing = BinomialRate(count: 0, trials: 10)
            return PeopleEvaluation.Promise(
                calibration.point(at: 30000, fmr: promised),
                failuresToAcquire: nothing,
                unusable: nothing
            )
        }
        #expect(promise(17, of: 1120).verdict == .broken)
        #expect(
            promise(17, of: 1120).words
                == "promises 1 in 1,000; measured here 15 in 1,000 [8.9 to 24]: worse than promised"
        )
        // Nothing is known of the people behind these comparisons.
        #expect(promise(0, of: 3000).verdict == .notShown)
        #expect(promise(0, of: 2999).verdict == .open)
        #expect(promise(0, of: 0).words.contains("no impostor comparison"))
        #expect(promise(2, of: 100, promised: 0.03).words.hasPrefix("promises 3.0 %; measured here 2.0 %"))
    }

    @Test func ratesAreSaidAsPeopleSayThem() {
        #expect(RateWords.oneIn(0.0001) == "1 in 10,000")
        #expect(RateWords.oneIn(1e-6) == "1 in 1,000,000")
        #expect(RateWords.oneIn(0.5) == "1 in 2")
        #expect(
            [0, 7, 999, 1000, 123_456, 1_234_567].map(RateWords.grouped) == [
                "0", "7", "999", "1,000", "123,456", "1,234,567",
            ]
        )
        #expect(RateWords.count(0.00018, beside: 0.0001) == "1.8 in 10,000")
    }

    @Test func refusalsOfOneKindAreOneReason() {
        let reasons = [
            "ridges 1011 um apart, not 340 to 660: is the resolution right?", "no finger seen: contrast 3, need 8",
            "ridges 980 um apart, not 340 to 660: is the resolution right?",
            "somebody stands beside you: one face alone",
        ]
        let counts = PeopleEvaluation.counted(reasons.map { PeopleEvaluation.Picture(path: "p", reason: $0) })
        #expect(counts.map(\.count) == [2, 1, 1])
        #expect(
            counts.map(\.reason) == ["ridges N um apart, not N to N", "no finger seen", "somebody stands beside you"]
        )
    }
}
