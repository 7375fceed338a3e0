import ArgumentParser

struct Model: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Import, publish, inspect and try embedding networks.",
        subcommands: [
            ModelImport.self, ModelPublish.self, ModelBlind.self, ModelInspect.self, ModelAlign.self, ModelRun.self,
            ModelCentre.self, ModelCalibrate.self, ModelEvaluate.self,
        ]
    )
}
