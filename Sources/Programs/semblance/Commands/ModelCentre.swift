import ArgumentParser
import ModelTools

struct ModelCentre: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "centre",
        abstract: "Adapt a model to a sensor: subtract the mean of what it embeds from every embedding.",
        discussion: """
            What all prints or faces of one sensor share looks like likeness, and makes strangers match. Take images of 40 \
            people or more. The written model has another identity and no thresholds: give it some by semblance model \
            calibrate, on other people. docs/calibration.md says what to expect.
            """
    )

    @Argument(help: "The model file.", completion: .models)
    var file: String

    @Option(help: ArgumentHelp("Images of many people by that sensor, searched recursively.", valueName: "folder"))
    var images: String

    @Option(name: .shortAndLong, help: ArgumentHelp("The model file to write.", valueName: "file"))
    var output: String

    @OptionGroup var alignment: AlignmentOptions
    @OptionGroup var report: OutputOptions

    func run() async throws {
        let preparation = try alignment.preparation(forModel: file)
        let bar = ProgressBar()
        let result: CentreReport
        do {
            result = try ModelCommands.centre(
                model: file,
                images: images,
                output: output,
                preparation: preparation
            ) { bar.update(message: "embedding", fraction: $0) }
            bar.finish()
        } catch {
            bar.finish()
            throw CommandFailure(.badInput, "cannot centre \(file): \(error)")
        }
        if result.refusedImages > 0 { Terminal.note("warning: \(result.refusedImages) images gave no frame") }
        if report.json { return try Terminal.result(json: result) }
        Terminal.result("identity \(result.identity)")
        Terminal.result(
            "length of the mean embedding \(result.meanBefore), now \(result.meanAfter), over \(result.images) images"
        )
    }
}
