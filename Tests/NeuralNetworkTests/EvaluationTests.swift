import Foundation
import Testing

@testable import IntegerNetwork
@testable import ModelTools

/// Comparisons of sets of people, against loops over the embeddings.
@Suite struct EvaluationTests {
    /// Thirteen entries around a person's own, some images nearly zero.
    func table(people: [Int], seed: UInt64 = 3) -> EmbeddingTable {
        var generator = SeededGenerator(seed: seed)
        let centres = (0...(people.max() ?? 0)).map { _ in
            (0..<13).map { _ in Int16.random(in: -60...60, using: &generator) }
        }
        let embeddings = people.enumerated().map { index, person in
            centres[person].map { value -> Int16 in
                if index % 7 == 3 { return value / 40 }
                return value + Int16.random(in: -40...40, using: &generator)
            }
        }
        return EmbeddingTable(embeddings: embeddings)
    }

    let minimumNorm: UInt32 = 4000

    private func numerator(_ probe: [Int16], _ template: [Int16]) -> Int? {
        MatchScore(probe: probe, template: template).greatestNumerator(minimumNorm: self.minimumNorm)
    }

    private func distribution(_ numerators: [Int?]) -> ScoreDistribution {
        numerators.reduce(into: ScoreDistribution()) { $0.insert($1) }
    }

    @Test func everyPairOfImagesIsComparedOnce() {
        let people = [["a", "b", "c"], ["d"], ["e", "f", "g", "h", "i"], ["j", "k", "l"]]
        let set = EvaluationSet(people: people, templateSamples: 1)
        #expect(set.people == [0, 0, 0, 1, 2, 2, 2, 2, 2, 3, 3, 3])
        let table = self.table(people: set.people)
        let usable = table.norms.map { $0 >= Int(self.minimumNorm) }
        #expect(usable.count { !$0 } == 2)
        var genuine: [Int?] = []
        var impostor: [Int?] = []
        for i in 0..<12 {
            for j in i + 1..<12 where usable[i] || usable[j] {
                let value = usable[i] && usable[j] ? self.numerator(table.embeddings[j], table.embeddings[i]) : nil
                if set.people[i] == set.people[j] { genuine.append(value) } else { impostor.append(value) }
            }
        }
        let evaluation = Evaluation(set, table: table, minimumNorm: self.minimumNorm) { _ in }
        #expect(evaluation.genuine == self.distribution(genuine))
        #expect(evaluation.impostor == self.distribution(impostor))
        // Of 66 pairs the one of two images that are not usable is left out.
        #expect(evaluation.genuine.total + evaluation.impostor.total == 65)
        #expect(evaluation.unusableImages == 2 && evaluation.unusableTemplates == 2)
        // Three people have two images or more. The only image of another is not usable: that person is a probe of the
        // earlier person's templates only.
        #expect(evaluation.worstOfPerson.total == 3)
        #expect(evaluation.bestOfPair.total == 4)
        #expect(evaluation.enrolledPeople == 3)
    }

    @Test func templatesAreSumsOfTheFirstImages() {
        let people = [["a", "b", "c", "d"], ["e"], ["f", "g", "h"], ["i", "j"]]
        let set = EvaluationSet(people: people, templateSamples: 2)
        #expect(set.templates.map(\.images) == [[0, 1], [5, 6], [8, 9]])
        #expect(set.peopleWithoutTemplate == 1)
        let table = self.table(people: set.people, seed: 9)
        let evaluation = Evaluation(set, table: table, minimumNorm: self.minimumNorm) { _ in }
        var genuine: [Int?] = []
        var impostor: [Int?] = []
        var agreement: [Int?] = []
        for template in [[0, 1], [5, 6], [8, 9]] where template.allSatisfy({ table.norms[$0] >= 4000 }) {
            let sum = zip(table.embeddings[template[0]], table.embeddings[template[1]]).map { $0 + $1 }
            agreement.append(self.numerator(table.embeddings[template[0]], table.embeddings[template[1]]))
            for probe in [2, 3, 4, 7] {
                let value = self.numerator(table.embeddings[probe], sum)
                if set.people[probe] == set.people[template[0]] {
                    genuine.append(value)
                } else {
                    impostor.append(value)
                }
            }
        }
        #expect(evaluation.genuine == self.distribution(genuine))
        #expect(evaluation.impostor == self.distribution(impostor))
        #expect(evaluation.agreement == self.distribution(agreement))
        #expect(evaluation.genuine.total > 0 && evaluation.impostor.total > 0)
    }

    @Test func listedPairsKeepTheirDirection() throws {
        let pairs = [
            ImagePair(first: "a", second: "b", isGenuine: true), ImagePair(first: "b", second: "c", isGenuine: true),
            ImagePair(first: "d", second: "a", isGenuine: false), ImagePair(first: "c", second: "d", isGenuine: false),
        ]
        let set = try ModelCommands.evaluationSet(pairs: pairs)
        #expect(set.images == ["a", "b", "c", "d"])
        #expect(set.people == [0, 0, 0, 1])
        // Image 3 is nearly zero: as the template of the last pair it leaves it out, as a probe it matches nothing.
        let table = self.table(people: set.people)
        #expect(table.norms[3] < 4000)
        let evaluation = Evaluation(set, table: table, minimumNorm: self.minimumNorm) { _ in }
        #expect(evaluation.genuine.total == 2)
        #expect(evaluation.impostor.total == 1 && evaluation.impostor.refused == 1)
        #expect(evaluation.worstOfPerson.total == 1)
        // c is the same person as a, by way of b.
        let contradiction = pairs + [ImagePair(first: "a", second: "c", isGenuine: false)]
        #expect(throws: ImportError.pairsContradictory(first: "a", second: "c")) {
            try ModelCommands.evaluationSet(pairs: contradiction)
        }
    }

    @Test func peopleAreTheFoldersInNumericOrder() throws {
        let folder = try Shared.temporaryFolder()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        for path in ["bob/2.png", "bob/10.png", "bob/1.png", "alice/deep/x.pgm", "stray.png", "bob/notes.txt"] {
            let file = URL(fileURLWithPath: "\(folder)/\(path)")
            try FileManager.default.createDirectory(
                at: file.deletingLastPathComponent(),
                withIntermediateDirectories: true
            )
            try Data([0]).write(to: file)
        }
        let people = try EvaluationSet.people(in: folder)
        #expect(
            people
                == [["alice/deep/x.pgm"], ["bob/1.png", "bob/2.png", "bob/10.png"]].map { $0.map { "\(folder)/\($0)" } }
        )
    }

    @Test func ratesAreCountedAtEveryNumerator() {
        var generator = SeededGenerator(seed: 6)
        let genuine = (0..<200).map { _ in
            Bool.random(using: &generator) ? Int.random(in: 0...65535, using: &generator) : nil
        }
        let impostor = (0..<400).map { _ in Int.random(in: 0...30000, using: &generator) }
        let rates = ErrorRates(genuine: self.distribution(genuine), impostor: self.distribution(impostor))
        for numerator in [UInt16(1), 77, 15000, 30000, 30001, 65535] {
            #expect(rates.falseMatches(numerator: numerator) == impostor.count { $0 >= Int(numerator) })
            #expect(rates.falseNonMatches(numerator: numerator) == genuine.count { ($0 ?? -1) < Int(numerator) })
        }
        let sorted = impostor.sorted(by: >)
        #expect(rates.numerator(allowing: 0) == UInt16(sorted[0] + 1))
        #expect(rates.numerator(allowing: 400) == 1)
        #expect(rates.numerator(allowing: -1) == nil)
        let curve = rates.curve
        #expect(zip(curve, curve.dropFirst()).allSatisfy { $0.fmr >= $1.fmr && $0.fnmr <= $1.fnmr })
        // The upper end of the interval needs fewer false matches than the measured rate does.
        #expect(rates.falseMatchesAllowed(rate: 0.05, usesUpperLimit: false) == 20)
        let allowed = rates.falseMatchesAllowed(rate: 0.05, usesUpperLimit: true)
        #expect(allowed.map { BinomialRate(count: $0, trials: 400).upper <= 0.05 } == true)
        #expect(allowed.map { BinomialRate(count: $0 + 1, trials: 400).upper > 0.05 } == true)
        #expect(rates.falseMatchesAllowed(rate: 0.001, usesUpperLimit: true) == nil)
    }
}
