import ArgumentParser
import ModelTools

struct ModelInspect: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "inspect",
        abstract: "Describe a model file or a published model: identity, bounds, thresholds, layers."
    )

    @Argument(help: "The model file, or the published model.", completion: .models)
    var file: String

    @OptionGroup var output: OutputOptions

    func run() async throws {
        let description: ModelDescription
        do {
            description = try ModelCommands.inspect(file)
        } catch {
            throw CommandFailure(unusableModel: file, error)
        }
        if output.json { return try Terminal.result(json: description) }
        Terminal.result("name        \(description.name)")
        Terminal.result("modality    \(description.modality)")
        Terminal.result("identity    \(description.identity)")
        Terminal.result("input       \(description.inputWidth) x \(description.inputHeight)")
        if description.preprocessing.alignment != .none {
            let greys = description.preprocessing.levelsGrey ? ", greys levelled" : ""
            Terminal.result("alignment   \(description.preprocessing.alignment.rawValue)\(greys)")
        }
        Terminal.result("embedding   \(description.dimension) dimensions, <e,e> >= \(description.minimumNorm)")
        Terminal.result(
            "network     \(description.layers.count) layers, \(description.activations) activations, "
                + "\(description.weights) weights, \(description.multiplications) multiply-adds"
        )
        let head = description.headStart == 0 ? "none" : "block \(description.headStart)"
        Terminal.result(
            "weights     \(description.hasPrivateWeights ? "private" : "public"), committed in "
                + "\(description.parameterRows) rows of \(description.rowWidth); start of head: \(head)"
        )
        for threshold in description.thresholds {
            Terminal.result("threshold   \(threshold.numerator)/65536 for a false match rate of \(threshold.fmr)")
        }
    }
}
