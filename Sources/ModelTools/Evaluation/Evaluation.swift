import IntegerNetwork

/// What a probe is compared with: one vector, or several of which the best counts.
private struct EnrolledTemplate {
    let parts: [(entries: [Int16], norm: Int)]

    init(_ template: EvaluationSet.Template, rule: TemplateRule, table: EmbeddingTable) {
        let vectors =
            switch rule {
            case .sum: [table.sum(template.images)]
            case .best: template.images.map { table.embeddings[$0] }
            }
        parts = vectors.map { vector in (vector, vector.reduce(0) { $0 + Int($1) * Int($1) }) }
    }
}

/// The integer decisions of a model on a set of people.
struct Evaluation: Sendable {
    /// Comparisons whose template could be enrolled. A probe that is not usable matches nothing.
    private(set) var genuine = ScoreDistribution()
    private(set) var impostor = ScoreDistribution()
    /// For each person with a genuine comparison, the worst of them; for each pair of people, the best impostor.
    private(set) var worstOfPerson = ScoreDistribution()
    private(set) var bestOfPair = ScoreDistribution()
    /// The same comparisons of people drawn anew.
    private(set) var overPeople: PeopleBootstrap
    /// Images whose <e, e> is below E_min.
    private(set) var unusableImages = 0
    /// Templates of which an image is not usable: nobody enrols with them.
    private(set) var unusableTemplates = 0
    /// For each template of usable images, up to which numerator all pairs of them match, as enrolment asks.
    private(set) var agreement = ScoreDistribution()
    /// People of whom some template can be enrolled.
    private(set) var enrolledPeople = 0

    private let minimumNorm: UInt32
    private var worst: [Int: Int?] = [:]
    private var best: [Int: Int?] = [:]

    /// - Parameter seed: of the people drawn anew; sets that are compared with each other have different ones.
    init(
        _ set: EvaluationSet,
        table: EmbeddingTable,
        minimumNorm: UInt32,
        seed: UInt64 = PeopleDraws.usualSeed,
        progress: (Double) -> Void
    ) {
        self.minimumNorm = minimumNorm
        overPeople = PeopleBootstrap(PeopleDraws(set, table: table, seed: seed))
        let isUsable = table.norms.map { $0 >= Int(minimumNorm) }
        unusableImages = isUsable.count { !$0 }
        let isEnrolled = set.templates.map { template in template.images.allSatisfy { isUsable[$0] } }
        unusableTemplates = isEnrolled.count { !$0 }
        for (index, template) in set.templates.enumerated() where isEnrolled[index] && template.images.count > 1 {
            agreement.insert(agreement(of: template.images, table: table))
        }
        enrolledPeople = Set(zip(set.templates, isEnrolled).filter(\.1).map(\.0.person)).count

        let templates = set.templates.map { EnrolledTemplate($0, rule: set.rule, table: table) }
        func score(_ probe: Int, _ template: Int) -> Int? {
            guard isUsable[probe] else { return nil }
            var best: Int?
            for part in templates[template].parts {
                let numerator = MatchScore(
                    product: Self.product(table.embeddings[probe], part.entries),
                    probeNorm: table.norms[probe],
                    templateNorm: part.norm
                ).greatestNumerator(minimumNorm: minimumNorm)
                if Self.isLess(best, numerator) { best = numerator }
            }
            return best
        }

        if let listed = set.listed {
            for (index, comparison) in listed.enumerated() {
                let person = set.people[comparison.probe]
                let other = set.templates[comparison.template].person
                if isEnrolled[comparison.template] {
                    record(
                        score(comparison.probe, comparison.template),
                        isGenuine: comparison.isGenuine,
                        person: person,
                        other: other
                    )
                }
                if index % 1024 == 0 { progress(Double(index) / Double(listed.count)) }
            }
            closePeople()
        } else {
            compareAll(set, isUsable: isUsable, isEnrolled: isEnrolled, score: score, progress: progress)
        }
    }

    private mutating func compareAll(
        _ set: EvaluationSet,
        isUsable: [Bool],
        isEnrolled: [Bool],
        score: (Int, Int) -> Int?,
        progress: (Double) -> Void
    ) {
        // Templates are in the order of people: what is known of a person is complete when the next one begins.
        var person = -1
        for (template, enrolled) in isEnrolled.enumerated() {
            if set.templates[template].person != person {
                closePeople()
                person = set.templates[template].person
                progress(Double(template) / Double(isEnrolled.count))
            }
            for (position, probe) in set.probes.enumerated() {
                guard enrolled, !set.isSymmetric || position != template else { continue }
                // Of a pair of single images the earlier one is the template, unless only the later one is usable.
                let isReversed = set.isSymmetric && position < template
                if isReversed, isUsable[probe] { continue }
                record(
                    score(probe, template),
                    isGenuine: set.people[probe] == person,
                    person: set.people[probe],
                    other: person,
                    // That pair of people was closed before.
                    countsPeople: !isReversed || set.people[probe] == person
                )
            }
        }
        closePeople()
    }

    private mutating func record(
        _ numerator: Int?,
        isGenuine: Bool,
        person: Int,
        other: Int,
        countsPeople: Bool = true
    ) {
        if isGenuine {
            genuine.insert(numerator)
            overPeople.insertGenuine(numerator, person: person)
            if let known = worst[person] {
                worst[person] = .some(Self.isLess(numerator, known) ? numerator : known)
            } else {
                worst[person] = .some(numerator)
            }
        } else {
            impostor.insert(numerator)
            overPeople.insertImpostor(numerator, person: person, other: other)
            guard countsPeople else { return }
            let pair = Swift.min(person, other) << 32 | Swift.max(person, other)
            if let known = best[pair] {
                best[pair] = .some(Self.isLess(known, numerator) ? numerator : known)
            } else {
                best[pair] = .some(numerator)
            }
        }
    }

    private mutating func closePeople() {
        for numerator in worst.values { worstOfPerson.insert(numerator) }
        for numerator in best.values { bestOfPair.insert(numerator) }
        worst.removeAll(keepingCapacity: true)
        best.removeAll(keepingCapacity: true)
    }

    private static func isLess(_ a: Int?, _ b: Int?) -> Bool { (a ?? -1) < (b ?? -1) }

    /// Up to which numerator all pairs of a template's images match.
    private func agreement(of images: [Int], table: EmbeddingTable) -> Int? {
        var least: Int?
        for (position, first) in images.enumerated() {
            for second in images[(position + 1)...] {
                let score = MatchScore(
                    product: Self.product(table.embeddings[first], table.embeddings[second]),
                    probeNorm: table.norms[first],
                    templateNorm: table.norms[second]
                )
                guard let numerator = score.greatestNumerator(minimumNorm: minimumNorm) else { return nil }
                least = Swift.min(least ?? numerator, numerator)
            }
        }
        return least
    }

    /// <a, b>, exact: |entries| <= 5 * 127, at most 512 of them.
    private static func product(_ a: [Int16], _ b: [Int16]) -> Int {
        a.withUnsafeBufferPointer { a in
            b.withUnsafeBufferPointer { b in
                var sum: Int32 = 0
                for index in 0..<Swift.min(a.count, b.count) { sum &+= Int32(a[index]) &* Int32(b[index]) }
                return Int(sum)
            }
        }
    }
}
