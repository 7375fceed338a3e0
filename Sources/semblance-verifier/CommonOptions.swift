import ArgumentParser
import ServiceSupport
import VerifierCore

/// What every command but one needs.
struct CommonOptions: ParsableArguments {
    @Option(name: .long, help: ArgumentHelp("The configuration file.", valueName: "file"))
    var config = "/etc/semblance/verifier.json"

    func load() throws -> VerifierConfiguration {
        try VerifierConfiguration.load(path: config)
    }

    /// A verifier over the configured database, for one command.
    func verifier() throws -> Verifier {
        let configuration = try load()
        let keys = try VerifierKeys.load(path: configuration.signingKey)
        let store = try VerifierStore(
            path: configuration.database,
            audience: configuration.audience,
            keys: keys,
            maximumBytes: configuration.maximumDatabaseBytes
        )
        return Verifier(
            audience: configuration.audience,
            policy: configuration.policy,
            limits: configuration.limits,
            store: store,
            logger: ServiceLogHandler.logger("semblance-verifier")
        )
    }
}
