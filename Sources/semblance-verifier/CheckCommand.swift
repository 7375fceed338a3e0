import ArgumentParser
import ServiceSupport
import VerifierCore

/// Checks configuration, key and database.
struct CheckCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check",
        abstract: "Check the configuration, the signing key, every row of the database and the audit trail.",
        discussion: "Exits with 1 if anything is wrong."
    )

    @OptionGroup var options: CommonOptions

    func run() async throws {
        let configuration = try options.load()
        let store = try VerifierStore(
            path: configuration.database,
            audience: configuration.audience,
            keys: try VerifierKeys.load(path: configuration.signingKey)
        )
        let damaged = try await store.damagedRows()
        for error in damaged { print("\(error)") }
        guard damaged.isEmpty else { throw ExitCode.failure }
        if let mark = try await store.auditMark() { print("audit trail: \(mark)") }
        print("all is well")
    }
}
