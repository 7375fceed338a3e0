import Foundation

/// Rates as people say them.
enum RateWords {
    /// "1 in 1,000" of 0.001; a rate that is no such part is a percentage.
    static func oneIn(_ rate: Double) -> String {
        guard let parts = parts(of: rate) else { return CalibrationReport.percent(rate) }
        return "1 in \(grouped(parts))"
    }

    /// "15 in 1,000" of 0.0152, where 0.001 is what it is held against.
    static func count(_ rate: Double, beside promised: Double) -> String {
        guard let parts = parts(of: promised) else { return CalibrationReport.percent(rate) }
        return "\(count(rate, of: parts)) in \(grouped(parts))"
    }

    /// "[9 to 24]" in the same unit.
    static func bounds(_ range: ClosedRange<Double>, beside promised: Double) -> String {
        guard let parts = parts(of: promised) else {
            return "[\(CalibrationReport.percent(range.lowerBound)) to \(CalibrationReport.percent(range.upperBound))]"
        }
        return "[\(count(range.lowerBound, of: parts)) to \(count(range.upperBound, of: parts))]"
    }

    /// A percentage, of a rate that there may not be.
    static func percent(_ rate: Double?) -> String { rate.map(CalibrationReport.percent) ?? "not measured" }

    /// 1000 of 0.001, if that is a whole number.
    private static func parts(of rate: Double) -> Int? {
        guard rate > 0, rate < 1, 1 / rate < 1e9 else { return nil }
        let parts = (1 / rate).rounded()
        return (parts * rate - 1).magnitude < 1e-9 ? Int(parts) : nil
    }

    /// Two digits, but whole numbers from 10 on.
    private static func count(_ rate: Double, of parts: Int) -> String {
        let value = rate * Double(parts)
        guard value < 10 else { return grouped(Int(value.rounded())) }
        return String(format: "%.2g", value)
    }

    /// With a comma behind each three digits from the right.
    static func grouped(_ number: Int) -> String {
        var digits = String(number)
        var place = digits.endIndex
        while let next = digits.index(place, offsetBy: -3, limitedBy: digits.startIndex), next > digits.startIndex {
            digits.insert(",", at: next)
            place = next
        }
        return digits
    }
}

extension PeopleEvaluation.Promise {
    /// What was promised, what was measured, and what follows, in one line.
    public var words: String {
        let promised = point.fmr ?? 0
        guard point.falseMatches.trials > 0 else {
            return "promises \(RateWords.oneIn(promised)); no impostor comparison holds it against these people"
        }
        let measured =
            "promises \(RateWords.oneIn(promised)); measured here \(RateWords.count(point.measuredFMR, beside: promised)) "
            + RateWords.bounds(point.falseMatchBounds, beside: promised)
        switch verdict {
        case .broken: return "\(measured): worse than promised"
        case .brokenByFew: return "\(measured): worse than promised here, but too few people to say so of others"
        case .kept: return "\(measured): kept"
        case .notShown:
            let most = point.falseMatchesAtMost.map {
                "; with others it may be \(RateWords.count($0, beside: promised))"
            }
            return "\(measured): not shown, as so few people are few independent pairs" + (most ?? "")
        case .open: return "\(measured): too few comparisons to tell"
        }
    }
}

extension GroupGap {
    /// In one line.
    public var words: String {
        let figures = [factor, lower, upper].map { String(format: "%.3g", $0) }
        return
            "\(rate): '\(greatestGroup)' \(figures[0]) times as often as '\(leastGroup)' [\(figures[1]) to \(figures[2])]"
            + (groups > 2 ? ", the greatest of all gaps between \(groups) groups" : "")
            + (lower <= 1 ? "; chance may make this" : "")
    }
}
