import Foundation
import Testing

@testable import IntegerNetwork
@testable import ModelTools

/// Intervals over people, against copies of people counted one by one and against numpy.
@Suite struct PeopleBootstrapTests {
    private struct Comparison {
        var numerator: Int?
        var person: Int
        /// Nil where it is genuine.
        var other: Int?
    }

    private func bootstrap(_ comparisons: [Comparison], _ draws: PeopleDraws) -> PeopleBootstrap {
        var bootstrap = PeopleBootstrap(draws)
        for comparison in comparisons {
            if let other = comparison.other {
                bootstrap.insertImpostor(comparison.numerator, person: comparison.person, other: other)
            } else {
                bootstrap.insertGenuine(comparison.numerator, person: comparison.person)
            }
        }
        return bootstrap
    }

    /// For each replicate the comparisons of as many copies of a person as were drawn, one by one.
    private func copied(_ comparisons: [Comparison], _ draws: PeopleDraws) -> [ErrorRates] {
        (0..<draws.replicates).map { replicate in
            var (genuine, impostor) = (ScoreDistribution(), ScoreDistribution())
            func copies(_ person: Int) -> Range<UInt16> { 0..<draws.counts[draws.range(person).lowerBound + replicate] }
            for comparison in comparisons {
                for _ in copies(comparison.person) {
                    if let other = comparison.other {
                        for _ in copies(other) { impostor.insert(comparison.numerator) }
                    } else {
                        genuine.insert(comparison.numerator)
                    }
                }
            }
            return ErrorRates(genuine: genuine, impostor: impostor)
        }
    }

    private func expectCopies(
        of comparisons: [Comparison],
        _ draws: PeopleDraws,
        toHaveTheRatesOf bootstrap: PeopleBootstrap
    ) {
        let rates = self.copied(comparisons, draws)
        let (impostor, genuine) = (rates.filter { $0.impostorTotal > 0 }, rates.filter { $0.genuineTotal > 0 })
        for numerator in [UInt16(1), 500, 3000, 20000, 40000, 65535] {
            let falseMatches = impostor.map { $0.falseMatchRate(numerator: numerator).rate }
            let falseNonMatches = genuine.map { $0.falseNonMatchRate(numerator: numerator).rate }
            #expect(bootstrap.falseMatchRate(numerator: numerator) == PeopleInterval(falseMatches))
            #expect(bootstrap.falseNonMatchRate(numerator: numerator) == PeopleInterval(falseNonMatches))
        }
        let equalErrors = impostor.filter { $0.genuineTotal > 0 }.map(\.equalErrorRate)
        #expect(bootstrap.equalErrorRate == PeopleInterval(equalErrors))
        #expect(bootstrap.equalErrorRate != nil)
    }

    @Test func weightsAreCopiesOfPeople() {
        var generator = SeededGenerator(seed: 21)
        let people = 7
        let comparisons = (0..<300).map { _ in
            let isGenuine = Bool.random(using: &generator)
            let person = Int.random(in: 0..<people, using: &generator)
            return Comparison(
                numerator: Int.random(in: 0..<9, using: &generator) == 0
                    ? nil : Int.random(in: 0...(isGenuine ? 65535 : 30000), using: &generator),
                person: person,
                other: isGenuine ? nil : (person + Int.random(in: 1..<people, using: &generator)) % people
            )
        }
        // Not only as many as there are people, and in one replicate nobody meets anybody else.
        let counts = (0..<40).map { _ in (0..<people).map { _ in UInt16.random(in: 0...3, using: &generator) } }
        let draws = PeopleDraws(counts + [[0, 0, 5, 0, 0, 0, 0]])
        self.expectCopies(of: comparisons, draws, toHaveTheRatesOf: self.bootstrap(comparisons, draws))
        let shuffled = comparisons.shuffled(using: &generator)
        self.expectCopies(of: comparisons, draws, toHaveTheRatesOf: self.bootstrap(shuffled, draws))
        // Drawn once each, people have the rates that were measured.
        let plain = PeopleDraws([[UInt16](repeating: 1, count: people), counts[0]])
        self.expectCopies(of: comparisons, plain, toHaveTheRatesOf: self.bootstrap(comparisons, plain))
    }

    @Test(arguments: [1, 2]) func comparisonsOfASetAreWeighed(templateSamples: Int) {
        let sizes = [3, 1, 5, 3, 2, 4, 6]
        let set = EvaluationSet(
            people: sizes.enumerated().map { person, size in (0..<size).map { "\(person)/\($0)" } },
            templateSamples: templateSamples
        )
        let table = EvaluationTests().table(people: set.people)
        let minimumNorm = EvaluationTests().minimumNorm
        let usable = table.norms.map { $0 >= Int(minimumNorm) }
        var comparisons: [Comparison] = []
        for template in set.templates where template.images.allSatisfy({ usable[$0] }) {
            for probe in set.images.indices
            where !set.templates.contains(where: { $0.images.contains(probe) })
                || templateSamples == 1 && (probe > template.images[0] || !usable[probe])
            {
                let score = MatchScore(probe: table.embeddings[probe], template: table.sum(template.images))
                comparisons.append(
                    Comparison(
                        numerator: score.greatestNumerator(minimumNorm: minimumNorm),
                        person: template.person,
                        other: set.people[probe] == template.person ? nil : set.people[probe]
                    )
                )
            }
        }
        let evaluation = Evaluation(set, table: table, minimumNorm: minimumNorm) { _ in }
        #expect(comparisons.count == evaluation.genuine.total + evaluation.impostor.total)
        #expect(usable.contains(false))
        self.expectCopies(of: comparisons, PeopleDraws(set, table: table), toHaveTheRatesOf: evaluation.overPeople)
    }

    @Test func intervalsAreThoseOfThePythonOracle() throws {
        struct Oracle: Decodable {
            struct Point: Decodable {
                var numerator: UInt16
                var falseMatches: [Double]
                var falseNonMatches: [Double]
            }
            var counts: [[UInt16]]
            var genuine: [[Int]]
            var impostor: [[Int]]
            var equalErrorRate: [Double]
            var points: [Point]
        }
        // Made by Scripts/bootstrap_oracle.py.
        let file = try #require(Bundle.module.resourceURL).appendingPathComponent("Vectors/bootstrap.json")
        let oracle = try JSONDecoder().decode(Oracle.self, from: Data(contentsOf: file))
        func numerator(_ value: Int) -> Int? { value < 0 ? nil : value }
        let comparisons =
            oracle.genuine.map { Comparison(numerator: numerator($0[1]), person: $0[0]) }
            + oracle.impostor.map { Comparison(numerator: numerator($0[2]), person: $0[0], other: $0[1]) }
        let bootstrap = self.bootstrap(comparisons, PeopleDraws(oracle.counts))
        func expect(_ interval: PeopleInterval?, _ expected: [Double]) {
            #expect(interval.map { ($0.lower - expected[0]).magnitude < 1e-12 } == true)
            #expect(interval.map { ($0.upper - expected[1]).magnitude < 1e-12 } == true)
        }
        expect(bootstrap.equalErrorRate, oracle.equalErrorRate)
        #expect(oracle.points.count == 3)
        for point in oracle.points {
            expect(bootstrap.falseMatchRate(numerator: point.numerator), point.falseMatches)
            expect(bootstrap.falseNonMatchRate(numerator: point.numerator), point.falseNonMatches)
        }
    }

    /// Forty people with six images each, which only the last person's embeddings do not resemble.
    @Test func onePersonWithAllFalseRejectsWidensTheInterval() throws {
        let set = EvaluationSet(
            people: (0..<40).map { person in (0..<6).map { "\(person)/\($0)" } },
            templateSamples: 1
        )
        let embeddings = set.people.enumerated().map { image, person -> [Int16] in
            var embedding = [Int16](repeating: 0, count: 64)
            embedding[person] = 100
            if person == 39 { (embedding[39], embedding[40 + image % 6]) = (10, 100) }
            return embedding
        }
        let table = EmbeddingTable(embeddings: embeddings)
        let evaluation = Evaluation(set, table: table, minimumNorm: 4000) { _ in }
        let point = ThresholdCalibration(evaluation).point(at: 9000)
        #expect(point.falseNonMatches.count == 15 && point.falseNonMatches.trials == 600)
        let overPeople = try #require(point.falseNonMatchesOverPeople)
        // Drawn up to three times among forty.
        #expect(overPeople.lower == 0 && overPeople.upper == 0.075)
        #expect(overPeople.lower < point.falseNonMatches.lower && overPeople.upper > point.falseNonMatches.upper)
        // No false match was counted: only the rule of three says how many there may be.
        #expect(point.falseMatches.count == 0 && point.falseMatchesOverPeople == nil)
    }

    @Test func orderOfPeopleAndImagesDoesNotMatter() {
        let sizes = [3, 1, 5, 3, 2, 4, 6]
        func evaluate(_ order: [Int], reversed: Bool) -> ThresholdCalibration {
            let plain = sizes.enumerated().flatMap { person, size in [Int](repeating: person, count: size) }
            let embeddings = EvaluationTests().table(people: plain).embeddings
            let people = order.map { person in
                let images = plain.indices.filter { plain[$0] == person }
                return reversed ? images.reversed() : images
            }
            let set = EvaluationSet(people: people.map { $0.map { "\($0)" } }, templateSamples: 1)
            let table = EmbeddingTable(embeddings: people.flatMap { $0 }.map { embeddings[$0] })
            return ThresholdCalibration(Evaluation(set, table: table, minimumNorm: 4000) { _ in })
        }
        let first = evaluate([0, 1, 2, 3, 4, 5, 6], reversed: false)
        let second = evaluate([4, 6, 0, 2, 5, 1, 3], reversed: true)
        #expect(first.equalErrorRateOverPeople != nil)
        #expect(first.equalErrorRateOverPeople == second.equalErrorRateOverPeople)
        for numerator in [UInt16(500), 3000, 20000] {
            #expect(first.point(at: numerator).falseMatchesOverPeople != nil)
            #expect(
                first.point(at: numerator).falseMatchesOverPeople == second.point(at: numerator).falseMatchesOverPeople
            )
            #expect(
                first.point(at: numerator).falseNonMatchesOverPeople
                    == second.point(at: numerator).falseNonMatchesOverPeople
            )
        }
    }

    @Test func setsThatSayNothingAboutPeopleHaveNoInterval() {
        func evaluation(_ sizes: [Int]) -> Evaluation {
            let people = sizes.enumerated().map { person, size in (0..<size).map { "\(person)/\($0)" } }
            let set = EvaluationSet(people: people, templateSamples: 1)
            return Evaluation(set, table: EvaluationTests().table(people: set.people), minimumNorm: 4000) { _ in }
        }
        func intervals(_ bootstrap: PeopleBootstrap) -> [PeopleInterval?] {
            [
                bootstrap.equalErrorRate, bootstrap.falseMatchRate(numerator: 3000),
                bootstrap.falseNonMatchRate(numerator: 3000),
            ]
        }
        // One person: no impostor, and every draw is the same.
        #expect(evaluation([6]).impostor.total == 0)
        #expect(intervals(evaluation([6]).overPeople) == [nil, nil, nil])
        // Nobody, and nobody with two images.
        #expect(intervals(evaluation([]).overPeople) == [nil, nil, nil])
        #expect(evaluation([1, 1, 1]).genuine.total == 0)
        #expect(evaluation([1, 1, 1]).overPeople.equalErrorRate == nil)
        // Of two people there is one pair; the genuine rates vary.
        let pair = evaluation([6, 5])
        #expect(pair.impostor.total > 0 && pair.overPeople.falseMatchRate(numerator: 500) == nil)
        #expect(PeopleInterval([]) == nil && PeopleInterval([0.5, 0.5]) == nil)
    }

    @Test func sumsBeyond32BitsAreCarried() {
        var sums = ReplicateSums()
        let counts: [UInt16] = [65535, 2, 0]
        var expected: [UInt64] = [0, 0, 0]
        for _ in 0..<5 {
            counts.withUnsafeBufferPointer { sums.add($0, $0, capacity: 1) }
            for (replicate, count) in counts.enumerated() { expected[replicate] += UInt64(count) * UInt64(count) }
        }
        var totals: [UInt64] = [1, 0, 0]
        sums.add(to: &totals)
        expected[0] += 1
        #expect(totals == expected)
        // The capacity that the counts of people allow.
        let comparisons = [(7, 0, 2), (7, 1, 2), (7, 0, 2), (7, 1, 2), (nil, 0, 1)].map { numerator, person, other in
            Comparison(numerator: numerator, person: person, other: other)
        }
        let bootstrap = self.bootstrap(comparisons, PeopleDraws([[65535, 65535, 65535], [65535, 0, 65535]]))
        #expect(bootstrap.falseMatchRate(numerator: 7) == PeopleInterval([4.0 / 5, 1]))
    }

    @Test func drawsAreTheSameInEveryRun() {
        // Known answers of SplitMix64.
        var generator = SeededGenerator(seed: 1_234_567)
        let known: [UInt64] = [6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423]
        #expect(known.map { _ in generator.next() } == known)
        let set = EvaluationSet(people: (0..<9).map { ["\($0)"] }, templateSamples: 1)
        let draws = PeopleDraws(set, table: EvaluationTests().table(people: set.people))
        #expect(draws.replicates == 500)
        for replicate in 0..<500 {
            #expect((0..<9).reduce(0) { $0 + draws.counts[draws.range($1).lowerBound + replicate] } == 9)
        }
    }
}
