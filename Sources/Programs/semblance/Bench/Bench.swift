import ArgumentParser

struct Bench: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Measure on this machine.",
        subcommands: [BenchCore.self, BenchFull.self],
        defaultSubcommand: BenchCore.self
    )
}
