import Imaging
import IntegerNetwork
import Models

/// What a calibration needs besides the model.
public struct CalibrationOptions: Sendable {
    /// Where the comparisons come from.
    public enum Source: Sendable {
        /// A list, see ``ModelCommands/pairs(contentsOf:root:)``, and the folder that its paths are relative to.
        case pairs(file: String, root: String)
        /// A folder with one folder for each person.
        case people(folder: String)
    }

    /// Path of the model file.
    public var model: String
    /// Who is compared with whom.
    public var source: Source
    /// How images become frames.
    public var preparation = FramePreparation.aligned
    /// Images of a template, 1...5; more than 1 only with people.
    public var templateSamples = 1
    /// False match rates to find thresholds for.
    public var falseMatchRates: [Double] = [0.01, 0.001, 0.0001]
    /// Whether the upper end of the interval, not only the measured rate, has to be at most the false match rate.
    public var usesUpperLimit = false
    /// Whether thresholds that the model has already stay where they are stricter: those of several sets, found one after another.
    public var keepsStricter = false
    /// What the set is called, and the kind of the sensor that took it, for the note beside the model.
    public var setName = ""
    public var sensor = ""
    /// Where to write the model with the thresholds, under a new identity; nil to measure only.
    public var output: String?
    /// Where to write the report for people; nil for none.
    public var report: String?

    public init(model: String, source: Source) {
        self.model = model
        self.source = source
    }
}

extension ModelCommands {
    /// Measures a model file's error rates, finds thresholds, and writes the model that has them.
    public static func calibrate(
        _ options: CalibrationOptions,
        progress: (String, Double) -> Void = { _, _ in }
    ) throws(ImportError) -> CalibrationReport {
        let set: EvaluationSet
        switch options.source {
        case .pairs(let file, let root):
            guard options.templateSamples == 1 else { throw .invalidTemplateSamples(options.templateSamples) }
            set = try evaluationSet(pairs: try self.pairs(contentsOf: file, root: root))
        case .people(let folder):
            guard 1...5 ~= options.templateSamples else { throw .invalidTemplateSamples(options.templateSamples) }
            set = EvaluationSet(
                people: try EvaluationSet.people(in: folder),
                templateSamples: options.templateSamples
            )
        }
        let before = try load(options.model)
        let (model, report) = try calibrate(
            before,
            on: set,
            preparation: options.preparation,
            falseMatchRates: options.falseMatchRates,
            usesUpperLimit: options.usesUpperLimit,
            keepsStricter: options.keepsStricter,
            progress: progress
        )
        do {
            if let output = options.output {
                try model.save(to: output)
                try note(of: report, before: before, options).save(beside: output)
            }
            if let path = options.report { try report.write(to: path) }
        } catch {
            throw .model(error)
        }
        return report
    }

    /// Finds thresholds for a model; E_min stays.
    static func calibrate(
        _ model: EmbeddingModel,
        on set: EvaluationSet,
        preparation: FramePreparation = .aligned,
        falseMatchRates: [Double],
        usesUpperLimit: Bool = false,
        keepsStricter: Bool = false,
        progress: (String, Double) -> Void
    ) throws(ImportError) -> (EmbeddingModel, CalibrationReport) {
        let table = try EmbeddingTable(model, images: set.images, preparation) { progress("embedding", $0) }
        let evaluation = Evaluation(set, table: table, minimumNorm: model.minimumNorm) { progress("comparing", $0) }
        guard evaluation.genuine.total > 0, evaluation.impostor.total > 0 else {
            throw .noComparisons(genuine: evaluation.genuine.total, impostor: evaluation.impostor.total)
        }
        let calibration = ThresholdCalibration(evaluation)
        let (own, refused) = calibration.thresholds(for: falseMatchRates, usesUpperLimit: usesUpperLimit)
        let points = keepsStricter ? calibration.points(own, atLeast: model.thresholds) : own
        do {
            let calibrated = try model.replacing(
                minimumNorm: model.minimumNorm,
                thresholds: points.map(MatchThreshold.init)
            )
            let report = CalibrationReport(
                calibrated,
                identity: ModelDescription(calibrated.published).identity,
                set: set,
                evaluation: evaluation,
                calibration: calibration,
                points: points,
                ownThresholds: own.map(MatchThreshold.init),
                refused: refused,
                usesUpperLimit: usesUpperLimit
            )
            return (calibrated, report)
        } catch {
            throw .model(error)
        }
    }

    /// The sets that the new model's thresholds hold for: this one, behind those of the old model where its thresholds were kept.
    private static func note(
        of report: CalibrationReport,
        before model: EmbeddingModel,
        _ options: CalibrationOptions
    ) -> CalibrationNote {
        let earlier =
            options.keepsStricter
            ? CalibrationNote.load(beside: options.model, identity: ModelDescription(model.published).identity) : nil
        let set = CalibrationNote.CalibrationSet(
            name: options.setName,
            sensor: options.sensor,
            people: report.people,
            images: report.images,
            impostorComparisons: report.impostorPairs,
            thresholds: report.ownThresholds
        )
        return CalibrationNote(
            model: report.identity,
            modality: report.modality,
            sets: (earlier?.sets ?? []).filter { $0.name != set.name } + [set]
        )
    }

    /// The comparisons of a list; refuses one that contradicts itself.
    static func evaluationSet(pairs: [ImagePair]) throws(ImportError) -> EvaluationSet {
        let set = EvaluationSet(pairs: pairs)
        for comparison in set.listed ?? [] where !comparison.isGenuine {
            let template = set.templates[comparison.template]
            guard set.people[comparison.probe] != template.person else {
                throw .pairsContradictory(
                    first: set.images[comparison.probe],
                    second: set.images[template.images[0]]
                )
            }
        }
        return set
    }

    /// Reads a file of pairs: lines of `1` (same person) or `0`, and two paths relative to `root`, separated by tabs.
    /// Empty lines and lines that begin with # are skipped.
    public static func pairs(contentsOf path: String, root: String) throws(ImportError) -> [ImagePair] {
        let text: String
        do {
            text = String(decoding: try FileAccess.read(path, maximumBytes: 64 << 20), as: UTF8.self)
        } catch {
            throw ImportError(reading: path, error)
        }
        var pairs: [ImagePair] = []
        for (index, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
            if line.isEmpty || line.hasPrefix("#") { continue }
            let fields = line.split(separator: "\t")
            guard fields.count == 3, fields[0] == "1" || fields[0] == "0" else {
                throw .pairsMalformed(line: index + 1)
            }
            pairs.append(
                ImagePair(first: "\(root)/\(fields[1])", second: "\(root)/\(fields[2])", isGenuine: fields[0] == "1")
            )
        }
        return pairs
    }
}

/// Two images, of one person or not.
public struct ImagePair: Hashable, Sendable {
    /// Path of the probe's image.
    public var first: String
    /// Path of the template's image.
    public var second: String
    /// Whether both are of one person.
    public var isGenuine: Bool

    public init(first: String, second: String, isGenuine: Bool) {
        self.first = first
        self.second = second
        self.isGenuine = isGenuine
    }
}
