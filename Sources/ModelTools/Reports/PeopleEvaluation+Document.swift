import Foundation
import IntegerNetwork
import Models

extension PeopleEvaluation {
    /// What no figure of an evaluation says.
    private static let caveats = [
        "Whoever is in the folder and however the pictures were taken is what was measured: other sensors, other people and other "
            + "light have other rates.",
        "Intervals in round brackets have 95 %: Clopper-Pearson, which takes comparisons for independent, and the rule of three (at most "
            + "3 / n) where nothing was counted. Those over people draw the people anew; the draw has a fixed seed.",
        "FMR and FNMR are of pictures that were acquired. FTA: pictures refused; FRR = FTA + (1 - FTA) FNMR; FTE: people of whom no "
            + "template could be made, with those whose samples do not match each other at the threshold; GFRR = FTE + (1 - FTE) FRR.",
        "Nothing here says what a photograph, a mask or a cast would do: these were honest pictures.",
    ]

    var document: ReportDocument {
        var document = ReportDocument(title: "\(name) on \(set)")
        document.parts = [.table(columns: ["", ""], rows: summaryRows)]
        if !warnings.isEmpty { document.parts += [.heading("Warnings"), .list(warnings)] }
        if !refusals.isEmpty {
            document.parts += [
                .heading("Refused pictures"),
                .table(columns: ["reason", "pictures"], rows: refusals.map { [$0.reason, "\($0.count)"] }),
            ]
        }
        for result in protocols { document.parts += parts(of: result) }
        let curves = protocols.filter { !$0.curve.isEmpty }
        if let first = curves.first {
            let plot = DETPlot(
                title: "DET: \(name)",
                curves: curves.map { DETPlot.Curve(label: $0.title, points: $0.curve) },
                markers: first.promises.map { SVGPlot.Marker($0.point) },
                genuinePairs: first.genuinePairs,
                impostorPairs: first.impostorPairs
            )
            document.parts += [
                .heading("Error trade-off"),
                .paragraph("Marked: the thresholds of the model's table, \(first.title), with their intervals."),
                .plot(name: "det", description: "Detection error trade-off on normal-deviate axes", svg: plot.render()),
            ]
        }
        for grouping in groupings { document.parts += parts(of: grouping) }
        document.parts += [.heading("What this does not say"), .list(Self.caveats)]
        return document
    }

    private var summaryRows: [[String]] {
        [
            ["modality", modality],
            ["model identity", identity],
            ["people", "\(people)"],
            ["pictures", "\(pictures)"],
            ["files that are no readable picture", "\(unreadable.count)"],
            [
                "pictures refused (FTA)", CalibrationReport.text(failuresToAcquire, failuresToAcquireOverPeople),
            ],
            ["people drawn anew", "\(replicates) times, seed \(seed)"],
        ]
    }

    private func parts(of result: ProtocolResult) -> [ReportDocument.Part] {
        var parts: [ReportDocument.Part] = [
            .heading(result.title.prefix(1).uppercased() + result.title.dropFirst()),
            .table(
                columns: ["", ""],
                rows: [
                    ["comparisons", result.comparisons],
                    ["genuine, impostor", "\(result.genuinePairs), \(result.impostorPairs)"],
                    ["people with too few pictures for a template", "\(result.peopleWithTooFewPictures)"],
                    ["people of whom too few are usable (FTE)", CalibrationReport.text(result.failuresToEnrol)],
                    ["equal error rate", result.equalErrorWords],
                ]
            ),
        ]
        if !result.promises.isEmpty {
            parts += [
                .table(
                    columns: ["num", "false matches", "FMR", "FNMR", "FRR", "FTE", "GFRR"],
                    rows: result.promises.map(Self.row)
                )
            ]
        }
        let needed = result.needed.map { Self.words(needed: $0, isStrictest: isStrictest) }
        return parts + [.list(needed + result.notSupported.map(\.description))]
    }

    private static func row(_ promise: Promise) -> [String] {
        let point = promise.point
        return [
            "\(point.numerator)", promise.words,
            CalibrationReport.text(point.falseMatches, point.falseMatchesOverPeople),
            CalibrationReport.text(point.falseNonMatches, point.falseNonMatchesOverPeople),
            RateWords.percent(promise.falseRejectionRate), CalibrationReport.text(promise.failuresToEnrol),
            RateWords.percent(promise.generalisedFalseRejectionRate),
        ]
    }

    private func parts(of grouping: Grouping) -> [ReportDocument.Part] {
        var rows: [[String]] = []
        for group in grouping.groups {
            for rates in group.protocols {
                rows.append(
                    [
                        group.name, "\(group.people)",
                        CalibrationReport.text(group.failuresToAcquire, group.failuresToAcquireOverPeople), rates.title,
                        "\(rates.genuinePairs), \(rates.impostorPairs)",
                        rates.equalErrorRate.map(CalibrationReport.percent) ?? "not measured",
                        rates.points.map { point in
                            "\(RateWords.oneIn(point.fmr ?? 0)): FMR \(CalibrationReport.percent(point.measuredFMR)), "
                                + "FNMR \(CalibrationReport.percent(point.measuredFNMR))"
                        }.joined(separator: "; "),
                    ]
                )
            }
        }
        return [
            .heading("By \(grouping.name)"),
            .paragraph("Each group's people are compared with each other only."),
            .table(
                columns: [
                    "group", "people", "FTA", "templates", "genuine, impostor", "equal error rate", "at the thresholds",
                ],
                rows: rows
            ),
            .list(grouping.gaps.isEmpty ? [Grouping.noGap] : grouping.gaps.map(\.words)),
        ]
    }
}

extension PeopleEvaluation.Grouping {
    static let noGap =
        "no gap is stated: that takes two groups with \(GroupGap.leastPeople) people and \(GroupGap.leastErrors) errors each"
}

extension PeopleEvaluation.ProtocolResult {
    var equalErrorWords: String {
        guard let rate = equalErrorRate else { return "not measured: a kind of comparison is missing" }
        return CalibrationReport.percent(rate)
            + (equalErrorRateOverPeople.map { " (\(CalibrationReport.text($0)))" } ?? "")
    }
}
