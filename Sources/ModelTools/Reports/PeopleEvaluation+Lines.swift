extension PeopleEvaluation {
    /// For a terminal, without the single pictures.
    public var lines: [String] {
        var lines = [
            "\(pictures) pictures of \(people) people"
                + (unreadable.isEmpty ? "" : ", and \(unreadable.count) files that are none"),
            "refused (FTA): \(CalibrationReport.text(failuresToAcquire, failuresToAcquireOverPeople))",
        ]
        lines += refusals.map { "  \($0.count)  \($0.reason)" }
        for result in protocols { lines += self.lines(of: result) }
        for grouping in groupings { lines += self.lines(of: grouping) }
        return lines + ["over people: drawn anew \(replicates) times, seed \(seed)"]
    }

    private func lines(of result: ProtocolResult) -> [String] {
        var lines = [
            "\(result.title): \(result.genuinePairs) genuine and \(result.impostorPairs) impostor comparisons",
            "  equal error rate \(result.equalErrorWords)",
        ]
        if result.templateSamples > 1 || result.failuresToEnrol.count > 0 {
            lines.append(
                "  no template (FTE): \(CalibrationReport.text(result.failuresToEnrol)); "
                    + "\(result.peopleWithTooFewPictures) people have too few pictures"
            )
        }
        for promise in result.promises {
            lines.append("  \(promise.point.numerator)/65536 \(promise.words)")
            lines.append(
                "    false non-matches \(CalibrationReport.text(promise.point.falseNonMatches, promise.point.falseNonMatchesOverPeople)); "
                    + "with refused pictures (FRR) \(RateWords.percent(promise.falseRejectionRate)), "
                    + "with failed enrolments (GFRR) \(RateWords.percent(promise.generalisedFalseRejectionRate))"
            )
        }
        lines += result.needed.map { "  " + Self.words(needed: $0, isStrictest: isStrictest) }
        return lines + result.notSupported.map { "  \($0)" }
    }

    /// The threshold that would keep a promise here.
    static func words(needed point: OperatingPoint, isStrictest: Bool) -> String {
        "\(RateWords.oneIn(point.fmr ?? 0)) would take \(point.numerator)/65536 "
            + (isStrictest ? "among all and in every group" : "here") + ", at "
            + (point.falseNonMatches.trials > 0
                ? "\(CalibrationReport.percent(point.measuredFNMR)) false non-matches" : "unknown false non-matches")
    }

    private func lines(of grouping: Grouping) -> [String] {
        var lines = ["by \(grouping.name):"]
        for group in grouping.groups {
            lines.append(
                "  \(group.name): \(group.people) people, \(group.pictures) pictures, refused "
                    + CalibrationReport.text(group.failuresToAcquire, group.failuresToAcquireOverPeople)
            )
            for rates in group.protocols {
                let errors =
                    rates.equalErrorRate.map { "equal error rate \(CalibrationReport.percent($0))" }
                    ?? "no equal error rate"
                lines.append(
                    "    \(rates.title): \(rates.genuinePairs) genuine, \(rates.impostorPairs) impostor, \(errors)"
                )
                lines += rates.points.map { point in
                    "      \(RateWords.oneIn(point.fmr ?? 0)): FMR \(CalibrationReport.text(point.falseMatches)), "
                        + "FNMR \(CalibrationReport.text(point.falseNonMatches))"
                }
            }
        }
        return lines + (grouping.gaps.isEmpty ? ["  \(Grouping.noGap)"] : grouping.gaps.map { "  \($0.words)" })
    }
}
