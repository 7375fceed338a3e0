import IntegerNetwork
import Models

/// Thresholds from scores of the integer network: decisions are counted exactly as a verifier makes them.
public struct ThresholdCalibration: Sendable {
    /// Of all comparisons, each counted once.
    public let rates: ErrorRates
    private let worstOfPerson: ErrorRates
    private let agreement: ErrorRates?
    let overPeople: PeopleBootstrap?

    /// - Parameters:
    ///   - genuine, impostor: each of them counts as a person, or a pair of people, of its own.
    public init(genuine: [MatchScore], impostor: [MatchScore], minimumNorm: UInt32) {
        func distribution(_ scores: [MatchScore]) -> ScoreDistribution {
            scores.reduce(into: ScoreDistribution()) { $0.insert($1.greatestNumerator(minimumNorm: minimumNorm)) }
        }
        rates = ErrorRates(genuine: distribution(genuine), impostor: distribution(impostor))
        worstOfPerson = rates
        agreement = nil
        overPeople = nil
    }

    init(_ evaluation: Evaluation) {
        rates = ErrorRates(genuine: evaluation.genuine, impostor: evaluation.impostor)
        worstOfPerson = ErrorRates(genuine: evaluation.worstOfPerson, impostor: evaluation.bestOfPair)
        agreement =
            evaluation.agreement.total == 0
            ? nil : ErrorRates(genuine: evaluation.agreement, impostor: ScoreDistribution())
        overPeople = evaluation.overPeople
    }

    /// The threshold for a false match rate: the smallest numerator that lets at most that share of the impostor
    /// comparisons pass, where there are enough of them to support the claim.
    ///
    /// - Parameter usesUpperLimit: whether the upper end of the 95 % interval has to be at most the rate as well.
    public func threshold(
        for fmr: Double,
        usesUpperLimit: Bool = false
    ) throws(ThresholdRefusal) -> OperatingPoint {
        guard fmr > 0, fmr < 1 else { throw ThresholdRefusal(RefusedRate(fmr: fmr, reason: .notARate)) }
        let needed = BinomialRate.trialsNeeded(rate: fmr)
        guard rates.impostorTotal >= needed else {
            let reason = RefusedRate.Reason.tooFewImpostorComparisons(
                needed: needed,
                available: rates.impostorTotal
            )
            throw ThresholdRefusal(RefusedRate(fmr: fmr, reason: reason))
        }
        guard let allowed = rates.falseMatchesAllowed(rate: fmr, usesUpperLimit: usesUpperLimit),
            let numerator = rates.numerator(allowing: allowed)
        else { throw ThresholdRefusal(RefusedRate(fmr: fmr, reason: .noThresholdStrictEnough)) }
        return point(at: numerator, fmr: fmr)
    }

    /// Thresholds for those rates that are supported, the rates falling, and the reasons for the others.
    public func thresholds(
        for rates: [Double],
        usesUpperLimit: Bool = false
    ) -> (points: [OperatingPoint], refused: [RefusedRate]) {
        var points: [OperatingPoint] = []
        var refused: [RefusedRate] = []
        for rate in Set(rates).sorted(by: >) {
            do throws(ThresholdRefusal) {
                points.append(try threshold(for: rate, usesUpperLimit: usesUpperLimit))
            } catch {
                refused.append(error.rate)
            }
        }
        return (points, refused)
    }

    /// The stricter of these thresholds and those that a model has already, for every rate of either, with what each costs here.
    func points(_ points: [OperatingPoint], atLeast thresholds: [MatchThreshold]) -> [OperatingPoint] {
        let all = thresholds + points.map(MatchThreshold.init)
        var least: UInt16 = 1
        return Set(all.map(\.fmr)).sorted(by: >).map { rate in
            // A smaller rate is never had for less.
            least = Swift.max(least, all.filter { $0.fmr == rate }.map(\.numerator).max() ?? 1)
            return point(at: least, fmr: rate)
        }
    }

    /// What a numerator costs.
    public func point(at numerator: UInt16, fmr: Double? = nil) -> OperatingPoint {
        let falseMatches = rates.falseMatchRate(numerator: numerator)
        return OperatingPoint(
            fmr: fmr,
            numerator: numerator,
            cosine: (Double(numerator) / 65536).squareRoot(),
            falseMatches: falseMatches,
            falseNonMatches: rates.falseNonMatchRate(numerator: numerator),
            falseMatchesOverPeople: overPeople?.falseMatchRate(numerator: numerator),
            falseMatchesAtMost: overPeople?.impostorPairs.atMost(falseMatches.rate),
            falseNonMatchesOverPeople: overPeople?.falseNonMatchRate(numerator: numerator),
            peopleEverRejected: worstOfPerson.falseNonMatchRate(numerator: numerator),
            pairsOfPeopleEverMatched: worstOfPerson.falseMatchRate(numerator: numerator),
            enrolmentsRefused: agreement?.falseNonMatchRate(numerator: numerator)
        )
    }

    /// The mean of both rates where they are closest, 0...1; 1 where one kind of comparison is missing.
    public var equalErrorRate: Double { rates.equalErrorRate }
    /// Nil where drawing people says nothing of it.
    public var equalErrorRateOverPeople: PeopleInterval? { overPeople?.equalErrorRate }

    /// E_min from the norms of a calibration set: the greatest power of two that is at most 2/3 of the least norm,
    /// but at least 10 d, so that rounding turns an embedding that passes by less than 0.1 rad.
    public static func minimumNorm(norms: [Int], dimension: Int) -> UInt32 {
        let limit = (norms.min() ?? 0) / 3 * 2
        var power = 1
        while power * 2 <= limit { power *= 2 }
        return UInt32(Swift.max(power, 10 * dimension))
    }
}

/// Thrown where a rate gets no threshold.
public struct ThresholdRefusal: Error, Hashable, Sendable {
    /// Which, and why.
    public var rate: RefusedRate

    init(_ rate: RefusedRate) { self.rate = rate }
}

extension ThresholdRefusal: CustomStringConvertible {
    public var description: String { "\(rate)" }
}
