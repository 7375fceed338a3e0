import ArgumentParser
import Glibc
import Interfaces
import ServiceSupport
import VerifierCore

/// The program: the service and the administrator's commands.
struct SemblanceVerifier: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "semblance-verifier",
        abstract: "Issues signed challenges and judges zero-knowledge biometric proofs.",
        discussion: """
            The administrator's commands work on the database directly, also while the service runs. Run them as the \
            user of the service.
            """,
        version: Verifier.version,
        subcommands: [
            ServeCommand.self, InitCommand.self, IdentityCommand.self, EnrolTokenCommand.self, ListCommand.self,
            RevokeCommand.self, UnlockCommand.self, AuditCommand.self, AdminTokenCommand.self, CheckCommand.self,
            ReportConfigCommand.self,
        ]
    )
}

/// The entry point: hardening comes before everything else.
@main
enum EntryPoint {
    @MainActor
    static func main() async {
        ProgramStart.checkArgumentsOrExit(program: "semblance-verifier")
        Hardening.applyOrExit(program: "semblance-verifier")
        do {
            var command = try SemblanceVerifier.parseAsRoot()
            if var command = command as? any AsyncParsableCommand {
                try await command.run()
            } else {
                try command.run()
            }
        } catch {
            SemblanceVerifier.exit(withError: ServiceUserHint.added(to: error))
        }
    }
}

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

extension ProgramFailure {
    /// An error of the core in words for the terminal.
    init(_ error: VerifierError) {
        switch error {
        case .notEnrolled: self.init("no such enrolment")
        case .badRequest: self.init("not a valid subject, modality, label or lifetime")
        case .busy: self.init("the database is locked by another process; try again")
        case .storageFailure: self.init("the database failed; run semblance-verifier check")
        case .notAuthorized, .alreadyEnrolled, .nothingToUpgrade, .lockedOut, .refused: self.init("refused")
        }
    }
}

/// Root does not trust files of the service's user, and should not: commands run as that user.
enum ServiceUserHint {
    /// The error, with the way out where root met a file of another user.
    static func added(to error: any Error) -> any Error {
        guard geteuid() == 0, case .wrongOwner(_, let uid)? = fileError(error), let user = UserName.name(of: uid) else {
            return error
        }
        return ProgramFailure("\(error)\nhint: run it as that user: runuser -u \(user) -- semblance-verifier ...")
    }

    private static func fileError(_ error: any Error) -> FileError? {
        if let error = error as? FileError { return error }
        if case .file(let error)? = error as? StoreError { return error }
        if case .file(let error)? = error as? ConfigurationError { return error }
        return nil
    }
}
