import IntegerNetwork
import Models

/// Measures people by each way to make templates, all together and group by group.
struct PeopleEvaluator {
    /// How templates are made.
    typealias Making = (samples: Int, rule: TemplateRule)

    let model: EmbeddingModel
    let people: AcquiredPeople
    /// Of the model's table, or the usual ones where it has none.
    let rates: [Double]
    let makings: [Making]
    let progress: (String, Double) -> Void

    init(
        _ model: EmbeddingModel,
        people: AcquiredPeople,
        templateSamples: [Int],
        progress: @escaping (String, Double) -> Void
    ) {
        (self.model, self.people, self.progress) = (model, people, progress)
        rates = model.thresholds.isEmpty ? [0.01, 0.001, 0.0001] : model.thresholds.map(\.fmr)
        makings = templateSamples.flatMap { count -> [Making] in
            count == 1 ? [(1, .sum)] : [(count, .sum), (count, .best)]
        }
    }

    /// Of some of the people, compared with each other.
    private func measure(
        _ people: AcquiredPeople,
        _ making: Making,
        seed: UInt64
    ) -> (set: EvaluationSet, evaluation: Evaluation, calibration: ThresholdCalibration) {
        let set = people.set(templateSamples: making.samples, rule: making.rule)
        let evaluation = Evaluation(set, table: people.table, minimumNorm: model.minimumNorm, seed: seed) {
            progress("comparing", $0)
        }
        return (set, evaluation, ThresholdCalibration(evaluation))
    }

    private func promisedPoints(_ calibration: ThresholdCalibration) -> [OperatingPoint] {
        model.thresholds.map { calibration.point(at: $0.numerator, fmr: $0.fmr) }
    }

    /// - Parameter thresholds: what groups of these people need by themselves; those needed here are at least as strict.
    func result(_ making: Making, atLeast thresholds: [MatchThreshold]) -> PeopleEvaluation.ProtocolResult {
        let (set, evaluation, calibration) = measure(people, making, seed: PeopleDraws.usualSeed)
        let (own, refused) = calibration.thresholds(for: rates)
        let unusable = people.failuresToEnrol(templateSamples: making.samples)
        let hasBoth = evaluation.genuine.total > 0 && evaluation.impostor.total > 0
        return PeopleEvaluation.ProtocolResult(
            templateSamples: making.samples,
            rule: making.rule,
            comparisons: set.protocolDescription,
            peopleWithTooFewPictures: people.people.count - unusable.trials,
            failuresToEnrol: unusable,
            genuinePairs: evaluation.genuine.total,
            impostorPairs: evaluation.impostor.total,
            equalErrorRate: hasBoth ? calibration.equalErrorRate : nil,
            equalErrorRateOverPeople: hasBoth ? calibration.equalErrorRateOverPeople : nil,
            promises: promisedPoints(calibration).map { point in
                PeopleEvaluation.Promise(point, failuresToAcquire: people.failuresToAcquire, unusable: unusable)
            },
            needed: calibration.points(own, atLeast: thresholds),
            notSupported: refused,
            curve: hasBoth ? CalibrationReport.thinned(calibration.rates.curve) : []
        )
    }

    /// One group, and what its gap to others is told by.
    struct MeasuredGroup {
        var group: PeopleEvaluation.Group
        /// In the same order for each group.
        var rates: [(name: String, measured: GroupGap.Measured)]
    }

    func group(_ name: String, _ places: [Int], seed: UInt64) -> MeasuredGroup {
        let people = self.people.only(places)
        let acquisitions = people.failureToAcquireRates(seed: seed)
        var rates = [
            (
                name: "failures to acquire",
                measured: GroupGap.Measured(
                    group: name,
                    people: people.people.count { $0.pictures > 0 },
                    rate: people.failuresToAcquire,
                    replicates: acquisitions
                )
            )
        ]
        var protocols: [PeopleEvaluation.Group.Rates] = []
        for making in makings {
            let (set, evaluation, calibration) = measure(people, making, seed: seed)
            let title = PeopleEvaluation.title(samples: making.samples, rule: making.rule)
            let points = promisedPoints(calibration)
            protocols.append(
                PeopleEvaluation.Group.Rates(
                    title: title,
                    genuinePairs: evaluation.genuine.total,
                    impostorPairs: evaluation.impostor.total,
                    equalErrorRate: evaluation.genuine.total > 0 && evaluation.impostor.total > 0
                        ? calibration.equalErrorRate : nil,
                    points: points,
                    needed: calibration.thresholds(for: self.rates).points
                )
            )
            for point in points {
                let place = "\(title) at \(RateWords.oneIn(point.fmr ?? 0))"
                let errors = evaluation.overPeople
                rates.append(
                    (
                        "false matches, \(place)",
                        GroupGap.Measured(
                            group: name,
                            people: Set(set.people).count,
                            rate: point.falseMatches,
                            replicates: errors.falseMatchRates(numerator: point.numerator)
                        )
                    )
                )
                rates.append(
                    (
                        "false non-matches, \(place)",
                        GroupGap.Measured(
                            group: name,
                            people: evaluation.worstOfPerson.total,
                            rate: point.falseNonMatches,
                            replicates: errors.falseNonMatchRates(numerator: point.numerator)
                        )
                    )
                )
            }
        }
        return MeasuredGroup(
            group: PeopleEvaluation.Group(
                name: name,
                people: people.people.count,
                pictures: people.pictures,
                failuresToAcquire: people.failuresToAcquire,
                failuresToAcquireOverPeople: PeopleInterval(acquisitions),
                seed: seed,
                protocols: protocols
            ),
            rates: rates
        )
    }

    /// - Parameter firstSeed: of the first group; the next ones have the next seeds, so that their draws are independent.
    func grouping(_ column: GroupTable.Column, firstSeed: UInt64) throws(ImportError) -> PeopleEvaluation.Grouping {
        var members: [String: [Int]] = [:]
        for (place, person) in people.people.enumerated() {
            if let group = column.groups[person.name] { members[group, default: []].append(place) }
        }
        guard members.count <= Self.mostGroups else { throw .tooManyGroups(members.count, most: Self.mostGroups) }
        let measured = members.keys.sorted().enumerated().map { index, name in
            group(name, members[name, default: []], seed: firstSeed + UInt64(index))
        }
        let gaps = (measured.first?.rates ?? []).indices.compactMap { index in
            GroupGap(of: measured[0].rates[index].name, in: measured.map { $0.rates[index].measured })
        }
        return PeopleEvaluation.Grouping(
            name: column.name,
            groups: measured.map(\.group),
            gaps: gaps,
            peopleWithoutGroup: people.people.count - members.values.reduce(0) { $0 + $1.count }
        )
    }

    /// More are no groups, but people.
    private static let mostGroups = 64
}
