import ArgumentParser
import Foundation
import ServiceSupport

/// The command line of Semblance.
@main
struct Semblance: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "semblance",
        abstract: "Log in by face or fingerprint, showing the verifier nothing but a proof.",
        version: Release.version,
        subcommands: [
            SetupCommand.self, Enroll.self, List.self, IsEnrolled.self, Authenticate.self, Verify.self, Rotate.self,
            Revoke.self, Unlock.self, Agent.self, Status.self, Doctor.self, Config.self, KeyCommand.self, Audit.self,
            SupportReport.self, Pam.self, Model.self, Bench.self,
        ]
    )

    /// Runs the command; a failure becomes a message, a hint and its exit code, and one document where --json asks for it.
    static func main() async {
        ProgramStart.checkArgumentsOrExit(program: "semblance")
        let arguments = spelt(Array(CommandLine.arguments.dropFirst()))
        do {
            var command = try await asyncParseAsRoot(arguments)
            if var command = command as? any AsyncParsableCommand {
                try await command.run()
            } else {
                try command.run()
            }
        } catch {
            end(error, isJSON: arguments.prefix { $0 != "--" }.contains("--json"))
        }
    }

    /// The arguments with `enrol`, as this project writes it elsewhere, for `enroll`.
    private static func spelt(_ arguments: [String]) -> [String] {
        arguments.first == "enrol" ? ["enroll"] + arguments.dropFirst() : arguments
    }

    private static func end(_ error: any Error, isJSON: Bool) -> Never {
        // Help, version, usage and codes of commands that have said everything: the parser knows what to do.
        guard exitCode(for: error) == .failure, !(error is ExitCode) else {
            if isJSON, exitCode(for: error) == .validationFailure {
                Terminal.failure(code: "usage", message: message(for: error), hint: nil)
            }
            exit(withError: error)
        }
        let failure = error as? CommandFailure ?? CommandFailure(unforeseen: error)
        if isJSON { Terminal.failure(code: "\(failure.status)", message: failure.message, hint: failure.hint) }
        Terminal.note(failure.message)
        if let hint = failure.hint { Terminal.note("hint: \(hint)") }
        Foundation.exit(failure.status.rawValue)
    }
}
