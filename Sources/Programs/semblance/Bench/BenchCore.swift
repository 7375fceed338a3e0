import ArgumentParser
import Foundation

struct BenchCore: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "core",
        abstract: "Measure proofs and the group on this machine.",
        discussion: """
            Every figure is the median of several runs on one machine, next to a ratio against libsodium's scalar \
            multiplication measured in the same run. Absolute times of a shared machine say little; ratios say more.
            """
    )

    @Option(help: ArgumentHelp("Only these: group, range, match.", valueName: "names"))
    var only: [Area] = Area.allCases

    @Option(help: "Counted runs of each measurement.")
    var repetitions = 9

    @OptionGroup var output: OutputOptions

    enum Area: String, CaseIterable, ExpressibleByArgument, Sendable {
        case group, range, match
    }

    func validate() throws {
        guard (1...1000).contains(repetitions) else { throw ValidationError("--repetitions must be 1 to 1000.") }
    }

    private struct Report: Codable {
        let processors: Int
        /// libsodium's crypto_scalarmult_ristretto255, one point.
        let referenceMicroseconds: Double
        let measurements: [Measurement]
        let peakMemoryMegabytes: Double
    }

    func run() async throws {
        let stopwatch = Stopwatch(repetitions: repetitions)
        let reference = try SodiumReference.scalarMultiplication(stopwatch)
        var measurements: [Measurement] = []
        for area in Area.allCases where only.contains(area) {
            switch area {
            case .group: measurements += try GroupBenchmarks.run(stopwatch, reference: reference)
            case .range: measurements += try RangeBenchmarks.run(stopwatch, reference: reference)
            case .match: measurements += try MatchBenchmarks.run(stopwatch, reference: reference)
            }
        }
        let report = Report(
            processors: ProcessInfo.processInfo.activeProcessorCount,
            referenceMicroseconds: reference * 1e6,
            measurements: measurements,
            peakMemoryMegabytes: Memory.peakMegabytes
        )
        if output.json { return try Terminal.result(json: report) }
        func pad(_ text: String, _ width: Int) -> String {
            String(repeating: " ", count: max(0, width - text.count)) + text
        }
        Terminal.result("libsodium scalar multiplication \(report.referenceMicroseconds.formatted(3)) us")
        for entry in measurements {
            let name = entry.name + String(repeating: " ", count: max(0, 34 - entry.name.count))
            let time = pad("\(entry.milliseconds.formatted(3)) ms", 12)
            let each = pad(entry.microsecondsPerPoint.map { "\($0.formatted(3)) us/point" } ?? "", 16)
            let size = pad(entry.byteCount.map { "\($0) bytes" } ?? "", 14)
            let ratio = pad("\(entry.scalarMultiplications.formatted(2)) x", 12)
            Terminal.result("\(name)\(time)\(each)\(size)\(ratio)")
        }
        Terminal.result("peak memory \(report.peakMemoryMegabytes.formatted(1)) MB")
    }
}

struct Bench: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Measure on this machine.",
        subcommands: [BenchCore.self, BenchFull.self, BenchLogin.self],
        defaultSubcommand: BenchCore.self
    )
}
