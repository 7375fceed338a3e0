import IntegerNetwork
import Models

/// Error rates of a model on a set of people, and the thresholds that follow.
public struct CalibrationReport: Codable, Sendable {
    /// One step of the error rates as the threshold rises.
    public struct CurvePoint: Codable, Sendable, Hashable {
        /// The threshold, 1...65535.
        public var numerator: UInt16
        /// The share of impostor comparisons that match, 0...1.
        public var fmr: Double
        /// The share of genuine comparisons that do not, 0...1.
        public var fnmr: Double
    }

    /// Comparisons by cosine in steps of 0.02; those that match at no threshold are apart.
    public struct Histogram: Codable, Sendable, Hashable {
        /// Of 0...1; comparisons of a negative cosine match at no threshold.
        public static let bins = 50
        /// Comparisons that match at no threshold: S < 1 or E < E_min.
        public var refused: Int
        /// By bin, the lowest cosines first; those of cosine 1 are in the last.
        public var counts: [Int]

        init(_ distribution: ScoreDistribution) {
            refused = distribution.refused
            counts = [Int](repeating: 0, count: Self.bins)
            for (numerator, count) in distribution.counts.enumerated() where count > 0 {
                let cosine = (Double(numerator) / 65536).squareRoot()
                counts[Swift.min(Int(cosine * Double(Self.bins)), Self.bins - 1)] += count
            }
        }
    }

    /// The model's, 1 to 255 bytes.
    public var name: String
    /// "face" or "fingerprint".
    public var modality: String
    /// Of the model with the thresholds below.
    public var identity: String
    /// d.
    public var dimension: Int
    /// E_min.
    public var minimumNorm: UInt32
    /// How the comparisons were made.
    public var comparisons: String
    /// Of all people, unusable ones included.
    public var images: Int
    /// Whom an image is of; below 30 there is a warning.
    public var people: Int
    /// Images of one template.
    public var templateSamples: Int
    /// Images whose <e, e> is below E_min: they match nothing.
    public var failuresToAcquire: BinomialRate
    /// Templates of which an image is not usable, and that are in no comparison.
    public var failuresToEnrol: BinomialRate
    /// People with fewer images than a template needs.
    public var peopleWithoutTemplate: Int
    /// Comparisons of one person.
    public var genuinePairs: Int
    /// Comparisons of two people.
    public var impostorPairs: Int
    /// The mean of both rates where they are closest, 0...1.
    public var equalErrorRate: Double
    /// Nil where drawing people says nothing of it.
    public var equalErrorRateOverPeople: PeopleInterval?
    /// Times that people were drawn anew for the intervals over people.
    public var replicates: Int
    /// What the numerator of equal errors costs; without ``OperatingPoint/fmr``.
    public var equalErrorPoint: OperatingPoint
    /// The thresholds of the model file, by falling false match rate.
    public var points: [OperatingPoint]
    /// What this set alone asks for; ``points`` may be stricter.
    public var ownThresholds: [MatchThreshold]
    /// Rates that were asked for and got no threshold.
    public var refusedRates: [RefusedRate]
    /// Whether thresholds were chosen by the upper ends of the intervals.
    public var usesUpperLimit: Bool
    /// At most some hundreds of points, evenly along the curve.
    public var curve: [CurvePoint]
    /// Of the comparisons of one person.
    public var genuineScores: Histogram
    /// Of the comparisons of two people.
    public var impostorScores: Histogram
    /// For whoever calibrates, a sentence each.
    public var warnings: [String]

    init(
        _ model: EmbeddingModel,
        identity: String,
        set: EvaluationSet,
        evaluation: Evaluation,
        calibration: ThresholdCalibration,
        points: [OperatingPoint],
        ownThresholds: [MatchThreshold],
        refused: [RefusedRate],
        usesUpperLimit: Bool
    ) {
        name = model.name
        modality = model.modality
        self.identity = identity
        dimension = model.dimension
        minimumNorm = model.minimumNorm
        comparisons = set.protocolDescription
        images = set.images.count
        people = set.personCount
        templateSamples = set.templates.first?.images.count ?? 0
        failuresToAcquire = BinomialRate(count: evaluation.unusableImages, trials: set.images.count)
        failuresToEnrol = BinomialRate(count: evaluation.unusableTemplates, trials: set.templates.count)
        peopleWithoutTemplate = set.peopleWithoutTemplate
        genuinePairs = evaluation.genuine.total
        impostorPairs = evaluation.impostor.total
        equalErrorRate = calibration.equalErrorRate
        equalErrorRateOverPeople = calibration.equalErrorRateOverPeople
        replicates = evaluation.overPeople.replicates
        equalErrorPoint = calibration.point(at: calibration.rates.equalErrorNumerator)
        self.points = points
        self.ownThresholds = ownThresholds
        refusedRates = refused
        self.usesUpperLimit = usesUpperLimit
        curve = Self.thinned(calibration.rates.curve)
        genuineScores = Histogram(evaluation.genuine)
        impostorScores = Histogram(evaluation.impostor)
        warnings = []
        if people < 30 {
            warnings.append("\(people) people say little about others, whatever the intervals")
        }
        if evaluation.impostor.total > 0, calibration.rates.falseMatches(numerator: 65535) > 0 {
            warnings.append("an impostor comparison matches at the highest threshold: is a file listed twice?")
        }
    }

    /// Points that differ visibly on the axes of a DET plot; the first and the last always.
    static func thinned(_ curve: [(numerator: UInt16, fmr: Double, fnmr: Double)]) -> [CurvePoint] {
        var kept: [CurvePoint] = []
        var last = (x: Double.infinity, y: Double.infinity)
        for (index, point) in curve.enumerated() {
            let position = (x: NormalDeviate.quantile(point.fmr), y: NormalDeviate.quantile(point.fnmr))
            let distance = Swift.max((position.x - last.x).magnitude, (position.y - last.y).magnitude)
            guard !(distance < 0.02) || index == curve.count - 1 else { continue }
            last = position
            kept.append(CurvePoint(numerator: point.numerator, fmr: point.fmr, fnmr: point.fnmr))
        }
        return kept
    }
}
