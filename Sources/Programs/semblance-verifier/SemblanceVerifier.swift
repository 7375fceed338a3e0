import ArgumentParser
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
