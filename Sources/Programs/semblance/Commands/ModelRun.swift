import ArgumentParser
import ModelTools

struct ModelRun: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run",
        abstract: "Embed images and compare each pair of them.",
        discussion: """
            Prints cosines: for trying out a network, never for a login. Images that give no embedding are named, and the exit code is \
            then 1 (8 if none gives one).
            """
    )

    @Argument(help: "The model file.", completion: .models)
    var file: String

    @Argument(help: "Images: PNG, JPEG, PNM or BMP.")
    var images: [String]

    @Flag(help: "Do not compare: n images make n (n - 1) / 2 pairs.")
    var embeddingsOnly = false

    @OptionGroup var alignment: AlignmentOptions
    @OptionGroup var output: OutputOptions

    func run() async throws {
        let preparation = try alignment.preparation(forModel: file)
        let result: RunResult
        do {
            result = try ModelCommands.run(
                model: file,
                images: images,
                preparation: preparation,
                comparing: !embeddingsOnly
            )
        } catch {
            throw CommandFailure(.badInput, "cannot run \(file): \(error)")
        }
        if result.embeddings.isEmpty, let first = result.failures.first {
            for failure in result.failures.dropFirst() { Terminal.note("\(failure.path): \(failure.reason)") }
            throw CommandFailure(.badInput, "cannot run \(file): \(first.path): \(first.reason)")
        }
        try show(result)
        for failure in result.failures { Terminal.note("\(failure.path): \(failure.reason)") }
        if !result.failures.isEmpty { throw ExitCode(ExitStatus.refused.rawValue) }
    }

    private func show(_ result: RunResult) throws {
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
