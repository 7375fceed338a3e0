import ArgumentParser
import Encoding
import Foundation
import IntegerNetwork
import ModelTools
import Models

struct ModelImport: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "import",
        abstract: "Make a model file from an ONNX network.",
        discussion: """
            Folds and quantises the network, proves that no accumulator leaves its table, and reports node by node how \
            close the integers are. What cannot be proved is refused by the name of its node.
            """
    )

    @Argument(help: "The ONNX file.")
    var onnx: String

    @Option(help: ArgumentHelp("Folder of images like those that the model will see.", valueName: "folder"))
    var calibration: String

    @Option(help: "face or fingerprint.")
    var modality: String

    @Option(help: ArgumentHelp("Name of the model.", valueName: "text"))
    var name: String

    @Option(name: .shortAndLong, help: ArgumentHelp("The model file to write.", valueName: "file"))
    var output: String

    @Option(
        help: "The network was trained on (pixel - mean) / scale; by default 127.5, unless its first node normalises."
    )
    var mean: Float?

    @Option(help: "See --mean.")
    var scale: Float?

    @Option(help: "Accumulators are divided by two to this power.")
    var shift = 12

    @Option(help: "Two to this power is the number of rows of an activation table.")
    var tableBits = 15

    @Option(help: ArgumentHelp("How many of the folder's images to use.", valueName: "count"))
    var maximumImages = 256

    @Option(help: ArgumentHelp("Pairs for thresholds: lines of 1 or 0 and two paths, by tabs.", valueName: "file"))
    var pairs: String?

    @Option(help: ArgumentHelp("Folder that the pairs' paths are relative to.", valueName: "folder"))
    var pairsRoot: String?

    @Option(
        help: ArgumentHelp(
            "Take thresholds from a JSON list of {\"fmr\", \"numerator\"} instead of from pairs.",
            valueName: "file"
        )
    )
    var thresholds: String?

    @OptionGroup var alignment: AlignmentOptions

    @Option(
        help: ArgumentHelp("What frames are brought onto first: none, face112 or finger128.", valueName: "template")
    )
    var align: Alignment?

    @Flag(
        help: "With --align face112: bring the greys of each face to one mean and deviation, whatever light and skin."
    )
    var levelGrey = false

    @Flag(help: "Let the published model hide the weights: only who has the model file can then prove with it.")
    var privateWeights = false

    @Option(
        name: .customLong("report"),
        help: ArgumentHelp("Report by node to write: .html, .json, or Markdown.", valueName: "file")
    )
    var reportFile: String?

    @OptionGroup var report: OutputOptions

    func validate() throws {
        guard pairs == nil || thresholds == nil else {
            throw ValidationError("--pairs and --thresholds exclude each other.")
        }
        guard !levelGrey || align == .face112 else { throw ValidationError("--level-grey needs --align face112.") }
        guard !alignment.aligned || align != nil else {
            throw ValidationError("--aligned says that images are on a template: name it by --align.")
        }
    }

    func run() async throws {
        var options = ImportOptions(
            onnx: onnx,
            calibration: calibration,
            output: output,
            name: name,
            modality: modality
        )
        options.mean = mean ?? options.mean
        options.scale = scale ?? options.scale
        options.isNormalisationStated = mean != nil || scale != nil
        options.shift = shift
        options.tableBits = tableBits
        options.maximumImages = maximumImages
        options.hasPrivateWeights = privateWeights
        options.preprocessing.alignment = align ?? .none
        options.preprocessing.levelsGrey = levelGrey
        options.preparation = try alignment.preparation(for: align ?? .none)
        options.pairs = pairs
        options.pairsRoot = pairsRoot
        options.report = reportFile
        let bar = ProgressBar()
        let result: ImportReport
        do {
            var imported = try ModelCommands.importModel(options) { bar.update(message: $0, fraction: $1) }
            if let thresholds { imported.model = try Self.setThresholds(from: thresholds, model: output) }
            result = imported
            bar.finish()
        } catch let failure as CommandFailure {
            bar.finish()
            throw failure
        } catch {
            bar.finish()
            throw CommandFailure(.badInput, "cannot import \(onnx): \(error)", hint: Self.hint(for: error))
        }
        if result.refusedImages > 0 {
            Terminal.note("warning: \(result.refusedImages) calibration images gave no frame")
        }
        for warning in result.warnings { Terminal.note("warning: \(warning)") }
        if report.json { return try Terminal.result(json: result) }
        Terminal.result("identity \(result.model.identity)")
        let agreement = result.agreement
        Terminal.result(
            "cosine to float: median \(agreement.medianCosine), 5 % \(agreement.fifthPercentileCosine), "
                + "least \(agreement.leastCosine) over \(result.images) images"
        )
        for node in result.nodes {
            Terminal.result(
                "\(node.name)  \(node.operators)  \(node.channels)x\(node.height)x\(node.width)  \(node.table)"
                    + "  quotients \(node.quotientsSeen) within \(node.quotientBounds)"
                    + "  saturated \(node.saturation)  relative error \(node.relativeError)"
            )
        }
    }

    private static func hint(for error: any Error) -> String? {
        switch error as? ImportError {
        case .refused, .operatorsRefused:
            "docs/quantisation.md says what is supported, under 'What is refused, by node name'"
        default: nil
        }
    }

    /// Writes the model again with the thresholds of a file; its identity changes with them.
    private static func setThresholds(from path: String, model file: String) throws -> ModelDescription {
        guard let data = FileManager.default.contents(atPath: path) else {
            throw CommandFailure(.badInput, "cannot read \(path)")
        }
        guard let thresholds = try? JSONDecoder().decode([MatchThreshold].self, from: data) else {
            throw CommandFailure(.badInput, "\(path) is not a list of thresholds")
        }
        let model = try EmbeddingModel.load(contentsOf: file)
        let calibrated = try model.replacing(minimumNorm: model.minimumNorm, thresholds: thresholds)
        try calibrated.save(to: file)
        return ModelDescription(calibrated.published)
    }
}
