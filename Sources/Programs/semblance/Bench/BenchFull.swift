import ArgumentParser
import Foundation
import Imaging
import IntegerNetwork
import MatchProof
import Statement

struct BenchFull: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "full",
        abstract: "Measure a login whose proof covers the network, on one image.",
        discussion: """
            Runs the network on the image, commits to what the proof starts from, and proves and verifies an attested \
            login against a template of the same image, with fresh keys. Prove and verify are medians; the ratio is that \
            of proving to plain inference. Work is the processor time of the network's proof, counted in scalar products \
            of the same run: it says the same on every machine.
            """
    )

    @Option(help: ArgumentHelp("The model file.", valueName: "file"))
    var model: String

    @Option(help: ArgumentHelp("The image, aligned already: PNG, JPEG, PNM or BMP.", valueName: "file"))
    var image: String

    @Option(help: "Counted runs of each measurement.")
    var repetitions = 3

    @Option(help: "full: from the image; head: from the block that the model names.")
    var assurance: Level = .full

    @OptionGroup var output: OutputOptions

    enum Level: String, CaseIterable, ExpressibleByArgument, Sendable {
        case full, head

        var assurance: Assurance { self == .full ? .full : .head }
    }

    func validate() throws {
        guard (1...1000).contains(repetitions) else { throw ValidationError("--repetitions must be 1 to 1000.") }
    }

    func run() async throws {
        let (loaded, pixels) = try load()
        let report: NetworkBenchmark.Report
        do {
            report = try NetworkBenchmark(model: loaded, pixels: pixels, assurance: assurance.assurance).run(
                repetitions: repetitions
            )
        } catch let error as ProverError where error == .noMatch {
            throw CommandFailure(
                .badInput,
                "\(image) gives an embedding below the model's least norm",
                hint: "take an image that the network was made for"
            )
        }
        if output.json { return try Terminal.result(json: report) }
        Terminal.result(
            "network    \(report.activations) activations, \(report.weights) weights, "
                + "\(report.multiplications) multiply-adds, \(report.dimension) dimensions"
        )
        Terminal.result("inference  \(report.inferenceMilliseconds.formatted(2)) ms")
        Terminal.result("commit     \(report.commitMilliseconds.formatted(2)) ms, \(report.startRows) rows")
        Terminal.result(
            "prove      \(report.proveMilliseconds.formatted(1)) ms, "
                + "\(report.proveProcessorMilliseconds.formatted(1)) ms of processor time, "
                + "\(report.proveToInference.formatted(0)) x inference"
        )
        Terminal.result(
            "verify     \(report.verifyMilliseconds.formatted(1)) ms, "
                + "\(report.verifyBatchMilliseconds.formatted(1)) ms each in a batch of 16"
        )
        Terminal.result("proof      \(report.proofBytes) bytes")
        Terminal.result("published  \(report.publishedBytes) bytes")
        Terminal.result("memory     \(report.peakMemoryMegabytes.formatted(1)) MB at the most")
        let work = report.productsPerActivation
        Terminal.result(
            "work       \(work.total.formatted(1)) scalar products of \(report.productNanoseconds.formatted(1)) ns for each "
                + "activation: commit \(work.commit.formatted(1)), lookups \(work.lookups.formatted(1)), layers "
                + "\(work.layers.formatted(1)), opening \(work.opening.formatted(1)), closing \(work.closing.formatted(1))"
        )
    }

    private func load() throws -> (model: EmbeddingModel, pixels: [UInt8]) {
        let loaded: EmbeddingModel
        do {
            loaded = try EmbeddingModel.load(contentsOf: model)
        } catch {
            throw CommandFailure(.badInput, "\(model) is not a usable model: \(error)")
        }
        guard loaded.published.startBlock(at: assurance.assurance) != nil else {
            throw CommandFailure(.badInput, "\(model) names no block that a proof at head could start from")
        }
        do {
            return (loaded, loaded.preprocess(try ImageDecoder.decode(contentsOf: image)))
        } catch {
            throw CommandFailure(.badInput, "cannot read \(image): \(error)")
        }
    }
}
