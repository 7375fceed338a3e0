import Models

/// One threshold and what it costs.
public struct OperatingPoint: Hashable, Sendable, Codable {
    /// The false match rate that the threshold was chosen for; nil for the point of equal errors.
    public var fmr: Double?
    /// The threshold, 1...65535.
    public var numerator: UInt16
    /// Square root of numerator / 2^16.
    public var cosine: Double
    /// Impostor comparisons that match.
    public var falseMatches: BinomialRate
    /// Genuine comparisons that do not match.
    public var falseNonMatches: BinomialRate
    /// Of the two rates above; nil where drawing people says nothing of them.
    public var falseMatchesOverPeople: PeopleInterval?
    /// What the rate of false matches is at most among others, 95 %, whoever makes them (``DependentPairs``); nil where people are not known.
    public var falseMatchesAtMost: Double?
    /// As `falseMatchesOverPeople`.
    public var falseNonMatchesOverPeople: PeopleInterval?
    /// People of whom at least one genuine comparison fails. Comparisons of one person are not independent: this counts
    /// each person once.
    public var peopleEverRejected: BinomialRate
    /// Pairs of people of whom at least one comparison matches, each counted once.
    public var pairsOfPeopleEverMatched: BinomialRate
    /// Templates of several usable images, not all of which match each other, as enrolment asks; nil for single images.
    public var enrolmentsRefused: BinomialRate?

    /// FMR as it was measured; at most ``fmr`` where a rate was asked for.
    public var measuredFMR: Double { falseMatches.rate }
    /// FNMR as it was measured.
    public var measuredFNMR: Double { falseNonMatches.rate }
}

/// A false match rate for which no threshold was set, and why.
public struct RefusedRate: Hashable, Sendable, Codable {
    /// What keeps a rate out of the model file.
    public enum Reason: Hashable, Sendable, Codable {
        /// Even without one false match, the comparisons do not support the claim (rule of three).
        case tooFewImpostorComparisons(needed: Int, available: Int)
        /// More impostor comparisons than the rate allows match at every threshold.
        case noThresholdStrictEnough
        /// Not a number between 0 and 1.
        case notARate
    }

    /// As it was asked for, which may be no rate.
    public var fmr: Double
    /// The first that applies.
    public var reason: Reason
}

extension RefusedRate: CustomStringConvertible {
    public var description: String {
        switch reason {
        case .tooFewImpostorComparisons(let needed, let available):
            "no threshold for a false match rate of \(fmr): by the rule of three it takes \(needed) impostor "
                + "comparisons to support it, there are \(available)"
        case .noThresholdStrictEnough:
            "no threshold for a false match rate of \(fmr): no numerator up to 65535 is strict enough"
        case .notARate:
            "no threshold for a false match rate of \(fmr): a rate is above 0 and below 1"
        }
    }
}

extension MatchThreshold {
    init(_ point: OperatingPoint) {
        self.init(fmr: point.fmr ?? 0, numerator: point.numerator)
    }
}
