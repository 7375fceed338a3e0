import ArgumentParser
import NeuralNetwork

struct ModelCalibrate: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "calibrate",
        abstract: "Find thresholds for false match rates, on the integer decision that is proved.",
        discussion: "Writes the model with the thresholds; it has another identity."
    )

    @Argument(help: "The model file.")
    var file: String

    @Option(help: ArgumentHelp("Lines of 1 (same person) or 0, and two paths, by tabs.", valueName: "file"))
    var pairs: String

    @Option(help: ArgumentHelp("Folder that the pairs' paths are relative to.", valueName: "folder"))
    var pairsRoot = "."

    @Option(help: ArgumentHelp("False match rate; may be repeated.", valueName: "rate"))
    var falseMatchRate: [Double] = [0.01, 0.001, 0.0001]

    @Option(name: .shortAndLong, help: ArgumentHelp("The model file to write.", valueName: "file"))
    var output: String

    @OptionGroup var report: OutputOptions

    func run() async throws {
        let bar = ProgressBar()
        let result: ThresholdReport
        do {
            result = try ModelCommands.calibrateThresholds(
                model: file,
                pairs: pairs,
                root: pairsRoot,
                falseMatchRates: falseMatchRate,
                output: output
            ) { bar.update(message: "comparing", fraction: $0) }
            bar.finish()
        } catch {
            bar.finish()
            throw CommandFailure(.badInput, "cannot calibrate \(file): \(error)")
        }
        if report.json { return try Terminal.result(json: result) }
        Terminal.result("identity \(result.identity)")
        Terminal.result(
            "equal error rate \(result.equalErrorRate) over \(result.genuinePairs) genuine and "
                + "\(result.impostorPairs) impostor pairs"
        )
        for point in result.points {
            Terminal.result("\(point.numerator)/65536 for a false match rate of \(point.fmr)")
        }
    }
}
