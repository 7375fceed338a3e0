import IntegerNetwork
import Models

/// What a model does with the people and the sensor of one site: rates by the integers that are proved, in the terms of ISO/IEC
/// 19795-1.
public struct PeopleEvaluation: Codable, Sendable {
    /// A picture that took no part, and why.
    public struct Picture: Codable, Sendable, Hashable {
        public var path: String
        /// In words.
        public var reason: String
    }

    /// How many pictures were refused for one reason.
    public struct RefusalCount: Codable, Sendable, Hashable {
        /// Without the figures of single pictures.
        public var reason: String
        public var count: Int
    }

    /// The model's, 1 to 255 bytes.
    public var name: String
    /// "face" or "fingerprint".
    public var modality: String
    /// Hexadecimal.
    public var identity: String
    /// E_min.
    public var minimumNorm: UInt32
    /// What the set of people is called.
    public var set: String
    /// Folders with a picture's name in them.
    public var people: Int
    /// Pictures that could be read.
    public var pictures: Int
    /// Files that could not be read as pictures; they are in no rate.
    public var unreadable: [Picture]
    /// Pictures that gave no usable embedding.
    public var refused: [Picture]
    /// `refused`, counted; the most frequent first.
    public var refusals: [RefusalCount]
    /// FTA: `refused` of `pictures`.
    public var failuresToAcquire: BinomialRate
    public var failuresToAcquireOverPeople: PeopleInterval?
    /// Times that people were drawn anew for intervals over people, and the seed of the draw; group n (from 0) of all has the seed n + 2.
    public var replicates: Int
    public var seed: UInt64
    /// By how templates are made.
    public var protocols: [ProtocolResult]
    /// Whether `ProtocolResult.needed` takes the groups' own impostors into account.
    public var isStrictest: Bool
    /// Empty where nobody said who is of which group.
    public var groupings: [Grouping]
    /// For whoever evaluates, a sentence each.
    public var warnings: [String]
}

extension PeopleEvaluation {
    /// Error rates of one way to make templates.
    public struct ProtocolResult: Codable, Sendable {
        /// Images of a template; with 1 every pair of pictures is compared.
        public var templateSamples: Int
        public var rule: TemplateRule
        /// In words.
        public var comparisons: String
        /// People without so many pictures that could be read.
        public var peopleWithTooFewPictures: Int
        /// FTE of the others: of whom too few pictures are usable.
        public var failuresToEnrol: BinomialRate
        public var genuinePairs: Int
        public var impostorPairs: Int
        /// Nil where a kind of comparison is missing.
        public var equalErrorRate: Double?
        public var equalErrorRateOverPeople: PeopleInterval?
        /// At each threshold of the model's table.
        public var promises: [Promise]
        /// The thresholds that these people would need.
        public var needed: [OperatingPoint]
        /// Rates for which these people say nothing.
        public var notSupported: [RefusedRate]
        /// At most some hundreds of points, evenly along the DET curve.
        public var curve: [CalibrationReport.CurvePoint]

        public var title: String { PeopleEvaluation.title(samples: templateSamples, rule: rule) }
    }

    /// "one to one", "sum of 3", "best of 3".
    static func title(samples: Int, rule: TemplateRule) -> String {
        switch (samples, rule) {
        case (1, _): "one to one"
        case (_, .sum): "sum of \(samples)"
        case (_, .best): "best of \(samples)"
        }
    }

    /// A threshold of the model's table, what it promises, and what it does here.
    public struct Promise: Codable, Sendable {
        public enum Verdict: String, Codable, Sendable {
            /// The whole interval is above what was promised, also that over people.
            case broken
            /// Clopper-Pearson's interval is above it; that over people is not: a few people make the false matches.
            case brokenByFew
            /// The bound for dependent pairs is at most what was promised: in at most one set of people in twenty wrongly.
            case kept
            /// The whole interval is at most what was promised, but so it would be where a few people, who are not here, make all false
            /// matches.
            case notShown
            /// None of these: too few comparisons.
            case open
        }

        /// FMR and FNMR: of pictures that were acquired. `fmr` is what is promised.
        public var point: OperatingPoint
        public var verdict: Verdict
        /// FTE with the templates whose samples do not match each other at this threshold.
        public var failuresToEnrol: BinomialRate
        /// FRR: FTA + (1 - FTA) FNMR. Nil where there is no genuine comparison.
        public var falseRejectionRate: Double?
        /// FAR: (1 - FTA) FMR.
        public var falseAcceptanceRate: Double
        /// GFRR: FTE + (1 - FTE) FRR. Nil where there is no genuine comparison.
        public var generalisedFalseRejectionRate: Double?

        init(_ point: OperatingPoint, failuresToAcquire: BinomialRate, unusable: BinomialRate) {
            self.point = point
            let disagreeing = point.enrolmentsRefused?.count ?? 0
            failuresToEnrol = BinomialRate(count: unusable.count + disagreeing, trials: unusable.trials)
            let acquired = 1 - failuresToAcquire.rate
            falseAcceptanceRate = acquired * point.measuredFMR
            if point.falseNonMatches.trials > 0 {
                let rejections = failuresToAcquire.rate + acquired * point.measuredFNMR
                falseRejectionRate = rejections
                generalisedFalseRejectionRate = failuresToEnrol.rate + (1 - failuresToEnrol.rate) * rejections
            }
            verdict = Self.verdict(of: point)
        }

        private static func verdict(of point: OperatingPoint) -> Verdict {
            let (bounds, promised) = (point.falseMatchBounds, point.fmr ?? 0)
            if bounds.lowerBound > promised { return .broken }
            if point.falseMatches.lower > promised { return .brokenByFew }
            if let most = point.falseMatchesAtMost, most <= promised { return .kept }
            return bounds.upperBound <= promised ? .notShown : .open
        }
    }

    /// One way to divide people into groups.
    public struct Grouping: Codable, Sendable {
        public var name: String
        public var groups: [Group]
        /// Between the groups with the greatest and the least rate; only those that the counts support.
        public var gaps: [GroupGap]
        /// People who are of no group.
        public var peopleWithoutGroup: Int
    }

    /// People of one group, compared with each other only.
    public struct Group: Codable, Sendable {
        public struct Rates: Codable, Sendable {
            public var title: String
            public var genuinePairs: Int
            public var impostorPairs: Int
            public var equalErrorRate: Double?
            /// At each threshold of the model's table.
            public var points: [OperatingPoint]
            /// What the group alone would need.
            public var needed: [OperatingPoint]
        }

        public var name: String
        public var people: Int
        public var pictures: Int
        public var failuresToAcquire: BinomialRate
        public var failuresToAcquireOverPeople: PeopleInterval?
        public var seed: UInt64
        public var protocols: [Rates]
    }
}

extension OperatingPoint {
    /// The wider of both intervals of FMR, to either side: Clopper-Pearson's takes comparisons of one person for independent ones, that over
    /// people may be a guess where errors are few.
    var falseMatchBounds: ClosedRange<Double> {
        let lower = Swift.min(falseMatches.lower, falseMatchesOverPeople?.lower ?? 1)
        return lower...Swift.max(falseMatches.upper, falseMatchesOverPeople?.upper ?? 0)
    }
}
