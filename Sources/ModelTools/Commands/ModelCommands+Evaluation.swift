import Imaging
import IntegerNetwork
import Models

/// What an evaluation needs besides the model.
public struct EvaluationOptions: Sendable {
    /// Who says which group a person is of.
    public enum Groups: Sendable {
        /// A file, see ``GroupTable``.
        case file(String)
        /// What a folder's name has before the first such character.
        case names(separator: Character)
    }

    /// Path of the model file.
    public var model: String
    /// One folder for each person.
    public var people: String
    /// How images become frames.
    public var preparation = FramePreparation.aligned
    /// Images of a template, each 1...5: 1 compares every pair of pictures, more the sum and the best of as many.
    public var templateSamples = [1]
    /// Nil for no groups.
    public var groups: Groups?
    /// Whether the thresholds that are needed are those of the strictest group.
    public var isStrictest = false
    /// What the set is called in the report.
    public var setName = ""
    /// Where to write the report for people; nil for none.
    public var report: String?

    public init(model: String, people: String) {
        self.model = model
        self.people = people
    }
}

extension ModelCommands {
    /// Measures what a model file does with a site's people. Pictures that cannot be read or are refused are counted; the others go on.
    ///
    /// - Throws: also where not one comparison could be made (`noComparisons`).
    public static func evaluate(
        _ options: EvaluationOptions,
        progress: @escaping (String, Double) -> Void = { _, _ in }
    ) throws(ImportError) -> PeopleEvaluation {
        guard !options.templateSamples.isEmpty else { throw .invalidTemplateSamples(0) }
        for count in options.templateSamples where !(1...5 ~= count) { throw .invalidTemplateSamples(count) }
        let model = try load(options.model)
        let named = try EvaluationSet.namedPeople(in: options.people)
        let groups = try groupTable(options.groups, names: named.map(\.name))
        let people = try AcquiredPeople(model, people: named, options.preparation) { progress("embedding", $0) }
        let evaluator = PeopleEvaluator(
            model,
            people: people,
            templateSamples: options.templateSamples,
            progress: progress
        )
        var groupings: [PeopleEvaluation.Grouping] = []
        var seed = PeopleDraws.usualSeed + 1
        for column in groups?.columns ?? [] {
            let grouping = try evaluator.grouping(column, firstSeed: seed)
            seed += UInt64(grouping.groups.count)
            groupings.append(grouping)
        }
        let protocols = evaluator.makings.enumerated().map { index, making in
            let ofGroups = groupings.flatMap(\.groups).flatMap { $0.protocols[index].needed }.map(MatchThreshold.init)
            return evaluator.result(making, atLeast: options.isStrictest ? ofGroups : [])
        }
        guard protocols.contains(where: { $0.genuinePairs + $0.impostorPairs > 0 }) else {
            throw .nothingToEvaluate(people.unreadable + people.refused)
        }
        let evaluation = PeopleEvaluation(
            model,
            people: people,
            protocols: protocols,
            groupings: groupings,
            strangers: groups?.strangers(to: named.map(\.name)) ?? [],
            options
        )
        do {
            if let path = options.report { try evaluation.document.write(to: path) }
        } catch {
            throw .model(error)
        }
        return evaluation
    }

    private static func groupTable(
        _ groups: EvaluationOptions.Groups?,
        names: [String]
    ) throws(ImportError) -> GroupTable? {
        switch groups {
        case nil: nil
        case .file(let path): try GroupTable(contentsOf: path)
        case .names(let separator): GroupTable(names: names, separator: separator)
        }
    }
}

extension PeopleEvaluation {
    fileprivate init(
        _ model: EmbeddingModel,
        people: AcquiredPeople,
        protocols: [ProtocolResult],
        groupings: [Grouping],
        strangers: [String],
        _ options: EvaluationOptions
    ) {
        name = model.name
        modality = model.modality
        identity = ModelDescription(model.published).identity
        minimumNorm = model.minimumNorm
        set = options.setName
        self.people = people.people.count
        pictures = people.pictures
        unreadable = people.unreadable
        refused = people.refused
        refusals = Self.counted(people.refused)
        failuresToAcquire = people.failuresToAcquire
        failuresToAcquireOverPeople = PeopleInterval(people.failureToAcquireRates(seed: PeopleDraws.usualSeed))
        replicates = PeopleDraws.replicates
        seed = PeopleDraws.usualSeed
        self.protocols = protocols
        isStrictest = options.isStrictest
        self.groupings = groupings
        warnings = []
        if people.people.count < 30 {
            warnings.append("\(people.people.count) people say little about others, whatever the intervals")
        }
        if model.thresholds.isEmpty {
            warnings.append("the model has no thresholds that could be held against these people")
        }
        if protocols.contains(where: { $0.isMatchedAtTheHighestThreshold }) {
            warnings.append("two people match at the highest threshold: is a picture there twice?")
        }
        if let first = strangers.first {
            warnings.append("\(strangers.count) people of the groups' file have no folder, the first is '\(first)'")
        }
        for grouping in groupings where grouping.peopleWithoutGroup > 0 {
            warnings.append("\(grouping.peopleWithoutGroup) people are of no group in '\(grouping.name)'")
        }
    }

    /// By reason, without the figures of single pictures, the most frequent first.
    static func counted(_ pictures: [Picture]) -> [RefusalCount] {
        var counts: [String: Int] = [:]
        for picture in pictures {
            let words = picture.reason.prefix { $0 != ":" && $0 != ";" }
            // "ridges 1011 um apart, not 340 to 660" is one reason with "ridges 980 um apart, ...".
            counts[String(words).replacing(#/[0-9]+/#, with: "N"), default: 0] += 1
        }
        return counts.map { RefusalCount(reason: $0.key, count: $0.value) }
            .sorted { ($1.count, $0.reason) < ($0.count, $1.reason) }
    }
}

extension PeopleEvaluation.ProtocolResult {
    /// Behind the last point of the curve nothing changes any more.
    fileprivate var isMatchedAtTheHighestThreshold: Bool { (curve.last?.fmr ?? 0) > 0 }
}
