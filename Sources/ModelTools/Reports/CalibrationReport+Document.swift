import Foundation
import Models

extension CalibrationReport {
    /// Writes the report for people: HTML if the name ends in .html, else Markdown with SVG plots beside it.
    public func write(to path: String) throws(ModelError) { try document.write(to: path) }

    static func text(_ rate: BinomialRate, _ interval: PeopleInterval? = nil) -> String {
        guard rate.trials > 0 else { return "not measured" }
        let overPeople = interval.map { "; \(text($0))" } ?? ""
        return "\(percent(rate.rate)) (\(percent(rate.lower)) to \(percent(rate.upper))\(overPeople)), "
            + "\(rate.count) of \(rate.trials)"
    }

    static func text(_ interval: PeopleInterval) -> String {
        "over people \(percent(interval.lower)) to \(percent(interval.upper))"
    }

    /// With its interval over people.
    private var equalErrorText: String {
        let interval = equalErrorRateOverPeople.map { " (\(Self.text($0)))" } ?? ""
        return Self.percent(equalErrorRate) + interval
    }

    var document: ReportDocument {
        var document = ReportDocument(title: "Calibration of \(name)")
        document.parts = [
            .paragraph(
                "Every rate below counts the integer decision that a proof shows: S = <e, t> >= 1, E = <e, e> >= "
                    + "\(minimumNorm), 2^16 S^2 >= num E T with T = <t, t>, for a probe's embedding e and a template "
                    + "t. Intervals have 95 %: Clopper-Pearson, and the rule of three (at most 3 / n) where nothing "
                    + "was counted. An interval over people holds the middle 95 % of \(replicates) rates, each of as "
                    + "many people drawn from these with replacement; it is left out where all of them are the same."
            ),
            .table(
                columns: ["", ""],
                rows: [
                    ["modality", modality],
                    ["model identity", identity],
                    ["embedding", "\(dimension) dimensions, usable from <e, e> = \(minimumNorm)"],
                    ["comparisons", comparisons],
                    ["images, people", "\(images), \(people)"],
                    ["genuine comparisons", "\(genuinePairs)"],
                    ["impostor comparisons", "\(impostorPairs)"],
                    ["images not usable (failure to acquire)", Self.text(failuresToAcquire)],
                    ["templates not usable (failure to enrol)", Self.text(failuresToEnrol)],
                    ["people with too few images for a template", "\(peopleWithoutTemplate)"],
                    [
                        "equal error rate",
                        "\(equalErrorText) at num = \(equalErrorPoint.numerator); FMR "
                            + "\(Self.falseMatches(equalErrorPoint)); FNMR "
                            + Self.falseNonMatches(equalErrorPoint),
                    ],
                ]
            ),
            .heading("Thresholds"),
        ]
        if !points.isEmpty {
            document.parts.append(.table(columns: pointColumns, rows: points.map(row)))
        }
        if !refusedRates.isEmpty { document.parts.append(.list(refusedRates.map(\.description))) }
        document.parts.append(
            .paragraph(
                usesUpperLimit
                    ? "A threshold is the least numerator for which the upper end of the Clopper-Pearson interval of "
                        + "the false match rate is at most the claimed rate."
                    : "A threshold is the least numerator for which the measured false match rate is at most the "
                        + "claimed rate; the upper ends of its intervals may exceed it."
            )
        )
        document.parts.append(
            .paragraph(
                "Comparisons that share a person are not independent, so that Clopper-Pearson intervals over comparisons "
                    + "are narrower than the truth. Those over people take that into account, and need many people. The "
                    + "columns by person count each person, or each pair of people, once: who is ever rejected, and who "
                    + "ever matches somebody else."
            )
        )
        if !warnings.isEmpty { document.parts += [.heading("Warnings"), .list(warnings)] }
        document.parts += [
            .heading("Plots"),
            .plot(name: "det", description: "Detection error trade-off on normal-deviate axes", svg: detPlot),
            .plot(name: "roc", description: "Receiver operating characteristic", svg: rocPlot),
            .plot(name: "scores", description: "Score histograms of both kinds of comparison", svg: histogramPlot),
        ]
        return document
    }

    private static func falseMatches(_ point: OperatingPoint) -> String {
        text(point.falseMatches, point.falseMatchesOverPeople)
    }

    private static func falseNonMatches(_ point: OperatingPoint) -> String {
        text(point.falseNonMatches, point.falseNonMatchesOverPeople)
    }

    private var pointColumns: [String] {
        let columns = [
            "claimed FMR", "num", "cosine", "FMR measured", "FNMR", "people ever rejected",
            "pairs of people ever matched",
        ]
        return templateSamples > 1 ? columns + ["enrolments refused"] : columns
    }

    private func row(_ point: OperatingPoint) -> [String] {
        let cells = [
            point.fmr.map { "\($0)" } ?? "", "\(point.numerator)", String(format: "%.4f", point.cosine),
            Self.falseMatches(point), Self.falseNonMatches(point), Self.text(point.peopleEverRejected),
            Self.text(point.pairsOfPeopleEverMatched),
        ]
        guard templateSamples > 1 else { return cells }
        return cells + [point.enrolmentsRefused.map { Self.text($0) } ?? ""]
    }
}
