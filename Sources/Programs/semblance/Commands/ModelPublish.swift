import ArgumentParser
import ModelTools

struct ModelPublish: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "publish",
        abstract: "Write what a verifier needs to know of a model: its description and commitments to its weights.",
        discussion: "The file holds no weights. Its identity is that of the model file."
    )

    @Argument(help: "The model file.", completion: .models)
    var file: String

    @Option(name: .shortAndLong, help: ArgumentHelp("The published model to write.", valueName: "file"))
    var output: String

    @OptionGroup var report: OutputOptions

    func run() async throws {
        try report.tellIdentity("publish", file) { try ModelCommands.publish(model: file, output: output) }
    }
}

struct ModelBlind: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "blind",
        abstract: "Write a model once more, with weights that its published model hides.",
        discussion: """
            Embeddings and thresholds stay; the identity is another, and another at each run. Only who has the written file \
            can then prove with it. Templates of the old model move by semblance rotate --upgrade.
            """
    )

    @Argument(help: "The model file.", completion: .models)
    var file: String

    @Option(name: .shortAndLong, help: ArgumentHelp("The model file to write.", valueName: "file"))
    var output: String

    @OptionGroup var report: OutputOptions

    func run() async throws {
        try report.tellIdentity("blind", file) { try ModelCommands.blind(model: file, output: output) }
    }
}

extension OutputOptions {
    /// Makes a model file of another, and tells its identity.
    ///
    /// - Parameter verb: what is done to `file`, for the words of a failure.
    fileprivate func tellIdentity(_ verb: String, _ file: String, make: () throws -> ModelDescription) throws {
        let description: ModelDescription
        do {
            description = try make()
        } catch {
            throw CommandFailure(.badInput, "cannot \(verb) \(file): \(error)")
        }
        if json { return try Terminal.result(json: description) }
        Terminal.result("identity \(description.identity)")
    }
}
