import ArgumentParser
import Encoding
import ModelTools

struct ModelCalibrate: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "calibrate",
        abstract: "Measure error rates and find thresholds, on the integer decision that is proved.",
        discussion: """
            Counts exactly what a proof would show for every comparison, and writes the model with a threshold for each \
            false match rate; it has another identity. A rate that too few impostor comparisons support is refused. Beside the \
            model lies then a note of the sets of people and sensors that its thresholds hold for. People of one place are more \
            alike than strangers: calibrate on several sets, one after another, with --strictest.
            """
    )

    @Argument(help: "The model file.", completion: .models)
    var file: String

    @Option(help: ArgumentHelp("Lines of 1 (same person) or 0, and two paths, by tabs.", valueName: "file"))
    var pairs: String?

    @Option(help: ArgumentHelp("Folder that the pairs' paths are relative to.", valueName: "folder"))
    var pairsRoot = "."

    @Option(help: ArgumentHelp("Instead of pairs: a folder with one folder for each person.", valueName: "folder"))
    var people: String?

    @Option(
        help: ArgumentHelp(
            "With --people: templates are the sum of a person's first images, as many; the others are probes.",
            valueName: "count"
        )
    )
    var templateSamples = 1

    @Option(help: ArgumentHelp("False match rate; may be repeated.", valueName: "rate"))
    var falseMatchRate: [Double] = [0.01, 0.001, 0.0001]

    @Flag(help: "Choose thresholds so that the upper end of the 95 % Clopper-Pearson interval is at most the rate.")
    var upperLimit = false

    @Flag(help: "Keep the thresholds that the model has where they are stricter, and the sets that they were found on.")
    var strictest = false

    @Option(
        help: ArgumentHelp(
            "What the set of people is called (default: the name of its folder or list).",
            valueName: "text"
        )
    )
    var set: String?

    @Option(
        help: ArgumentHelp(
            "The kind of the sensor that took the pictures, as semblance doctor shows it.",
            valueName: "kind"
        )
    )
    var sensor = "unknown"

    @Option(
        name: .shortAndLong,
        help: ArgumentHelp("The model file to write; none to measure only.", valueName: "file")
    )
    var output: String?

    @Option(
        name: .customLong("report"),
        help: ArgumentHelp("Report with plots to write: .html, or .md with .svg files beside it.", valueName: "file")
    )
    var reportFile: String?

    @OptionGroup var alignment: AlignmentOptions
    @OptionGroup var report: OutputOptions

    func validate() throws {
        guard (pairs == nil) != (people == nil) else {
            throw ValidationError("Name either --pairs or --people.")
        }
        guard 1...5 ~= templateSamples, templateSamples == 1 || people != nil else {
            throw ValidationError("--template-samples is 1 to 5, and more than 1 only with --people.")
        }
        guard falseMatchRate.allSatisfy({ $0 > 0 && $0 < 1 }) else {
            throw ValidationError("A false match rate is above 0 and below 1.")
        }
    }

    func run() async throws {
        let source: CalibrationOptions.Source =
            if let people { .people(folder: people) } else { .pairs(file: pairs ?? "", root: pairsRoot) }
        var options = CalibrationOptions(model: file, source: source)
        options.templateSamples = templateSamples
        options.falseMatchRates = falseMatchRate
        options.usesUpperLimit = upperLimit
        options.keepsStricter = strictest
        options.setName = set ?? (people ?? pairs ?? "").lastPathPart
        options.sensor = sensor
        options.output = output
        options.report = reportFile
        options.preparation = try alignment.preparation(forModel: file)
        let bar = ProgressBar()
        let result: CalibrationReport
        do {
            result = try ModelCommands.calibrate(options) { bar.update(message: $0, fraction: $1) }
            bar.finish()
        } catch {
            bar.finish()
            throw CommandFailure(.badInput, "cannot calibrate \(file): \(error)")
        }
        for refused in result.refusedRates { Terminal.note("warning: \(refused)") }
        for warning in result.warnings { Terminal.note("warning: \(warning)") }
        if report.json { return try Terminal.result(json: result) }
        if output != nil { Terminal.result("identity \(result.identity)") }
        Terminal.result("\(result.images) images of \(result.people) people, \(result.comparisons)")
        Terminal.result("not usable: images \(result.failuresToAcquire), templates \(result.failuresToEnrol)")
        Terminal.result(
            "equal error rate \(result.equalErrorRate)\(overPeople(result.equalErrorRateOverPeople)), "
                + "\(result.genuinePairs) genuine and \(result.impostorPairs) impostor pairs"
        )
        for point in result.points {
            Terminal.result(
                "\(point.numerator)/65536 for a false match rate of \(point.fmr ?? 0): measured "
                    + "\(point.falseMatches)\(overPeople(point.falseMatchesOverPeople)); false non-matches "
                    + "\(point.falseNonMatches)\(overPeople(point.falseNonMatchesOverPeople))"
            )
        }
    }

    private func overPeople(_ interval: PeopleInterval?) -> String { interval.map { ", \($0)" } ?? "" }
}
