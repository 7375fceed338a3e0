import ArgumentParser
import ModelTools

struct ModelRun: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run",
        abstract: "Embed images and compare each pair of them.",
        discussion: "Prints cosines: for trying out a network, never for a login."
    )

    @Argument(help: "The model file.", completion: .models)
    var file: String

    @Argument(help: "Images: PNG, JPEG, PNM or BMP.")
    var images: [String]

    @OptionGroup var alignment: AlignmentOptions
    @OptionGroup var output: OutputOptions

    func run() async throws {
        let preparation = try alignment.preparation(forModel: file)
        let result: RunResult
        do {
            result = try ModelCommands.run(
                model: file,
                images: images,
                preparation: preparation
            )
        } catch {
            throw CommandFailure(.badInput, "cannot run \(file): \(error)")
        }
        if output.json { return try Terminal.result(json: result) }
        for embedding in result.embeddings {
            Terminal.result("\(embedding.path)  <e,e> = \(embedding.norm)  \(embedding.milliseconds) ms")
        }
        for comparison in result.comparisons {
            let numerator = comparison.numerator.map { "matches up to \($0)/65536" } ?? "matches at no threshold"
            Terminal.result(
                "\(comparison.first)  \(comparison.second)  cos = \(comparison.cosine)  \(numerator)"
            )
        }
    }
}
