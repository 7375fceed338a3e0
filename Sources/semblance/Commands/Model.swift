import ArgumentParser

struct Model: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Import, inspect and try embedding networks.",
        subcommands: [ModelImport.self, ModelInspect.self, ModelRun.self, ModelCalibrate.self]
    )
}
