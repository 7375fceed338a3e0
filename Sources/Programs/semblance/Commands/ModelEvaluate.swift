import ArgumentParser
import Encoding
import ModelTools

struct ModelEvaluate: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "evaluate",
        abstract: "What a model does with the people and the sensor of a site: before it is trusted with logins.",
        discussion: """
            Measures, on the integer decision that is proved, how often strangers pass and how often people are rejected at each threshold \
            of the model, beside what it promises; how many pictures the sensor would refuse, and why; and whether groups of people \
            fare differently. Changes nothing. The exit code is 0 also where a promise is not kept, and 1 where not one \
            comparison could be made. docs/calibration.md says what the figures mean.
            """
    )

    /// So many pictures are named one by one; --json has all.
    private static let namedPictures = 20

    @Argument(help: "The model file.", completion: .models)
    var file: String

    @Option(help: ArgumentHelp("A folder with one folder of pictures for each person.", valueName: "folder"))
    var people: String

    @Option(
        help: ArgumentHelp(
            "How many first pictures of a person make a template, 1 to 5; several by commas. More than 1: their sum and the best of them.",
            valueName: "counts"
        )
    )
    var template = "1"

    @Option(
        help: ArgumentHelp("Lines of a person and a group, or several, by commas (RFC 4180).", valueName: "file"),
        completion: .file(extensions: ["csv"])
    )
    var groups: String?

    @Option(
        help: ArgumentHelp(
            "Instead of a file of groups: a person's group is what the folder's name has before the first such character.",
            valueName: "character"
        )
    )
    var groupSeparator: String?

    @Flag(help: "Name the thresholds that are strict enough for all together and for each group by itself.")
    var strictest = false

    @Option(help: ArgumentHelp("What the set of people is called (default: the folder's name).", valueName: "text"))
    var set: String?

    @Option(
        name: .customLong("report"),
        help: ArgumentHelp("Report with plot to write: .html, or .md with an .svg file beside it.", valueName: "file")
    )
    var reportFile: String?

    @OptionGroup var alignment: AlignmentOptions
    @OptionGroup var output: OutputOptions

    private var templateSamples: [Int]? {
        let counts = template.split(separator: ",", omittingEmptySubsequences: false).map { Int($0) }
        guard counts.allSatisfy({ $0.map { 1...5 ~= $0 } ?? false }) else { return nil }
        return Set(counts.compactMap(\.self)).sorted()
    }

    func validate() throws {
        guard templateSamples != nil else {
            throw ValidationError("--template is one or several of 1 to 5, as in 1,3.")
        }
        guard groups == nil || groupSeparator == nil else {
            throw ValidationError("Name either --groups or --group-separator.")
        }
        guard groupSeparator.map({ $0.count == 1 }) ?? true else {
            throw ValidationError("--group-separator is one character.")
        }
        guard !strictest || groups != nil || groupSeparator != nil else {
            throw ValidationError("--strictest needs --groups or --group-separator.")
        }
    }

    func run() async throws {
        var options = EvaluationOptions(model: file, people: people)
        options.templateSamples = templateSamples ?? [1]
        options.groups = groups.map { .file($0) } ?? groupSeparator?.first.map { .names(separator: $0) }
        options.isStrictest = strictest
        options.setName = set ?? people.lastPathPart
        options.report = reportFile
        options.preparation = try alignment.preparation(forModel: file)
        let result = try evaluate(options)
        name(result.unreadable)
        for warning in result.warnings { Terminal.note("warning: \(warning)") }
        if output.json { return try Terminal.result(json: result) }
        for line in result.lines { Terminal.result(line) }
    }

    private func evaluate(_ options: EvaluationOptions) throws -> PeopleEvaluation {
        let bar = ProgressBar()
        defer { bar.finish() }
        do {
            return try ModelCommands.evaluate(options) { bar.update(message: $0, fraction: $1) }
        } catch .nothingToEvaluate(let pictures) {
            bar.finish()
            name(pictures)
            throw CommandFailure(.refused, "cannot evaluate \(file): \(ImportError.nothingToEvaluate(pictures))")
        } catch {
            throw CommandFailure(.badInput, "cannot evaluate \(file): \(error)")
        }
    }

    private func name(_ pictures: [PeopleEvaluation.Picture]) {
        for picture in pictures.prefix(Self.namedPictures) { Terminal.note("\(picture.path): \(picture.reason)") }
        if pictures.count > Self.namedPictures { Terminal.note("and \(pictures.count - Self.namedPictures) more") }
    }
}
