import ArgumentParser
import Foundation

/// The command line of Semblance.
@main
struct Semblance: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "semblance",
        abstract: "Log in by face or fingerprint, showing the verifier nothing but a proof.",
        version: Version.current,
        subcommands: [
            Enroll.self, List.self, Authenticate.self, Verify.self, Rotate.self, Revoke.self, Unlock.self, Status.self,
            Doctor.self, Model.self, Bench.self,
        ]
    )

    /// Runs the command; a `CommandFailure` becomes a message, a hint and its exit code.
    static func main() async {
        do {
            var command = try parseAsRoot()
            if var command = command as? any AsyncParsableCommand {
                try await command.run()
            } else {
                try command.run()
            }
        } catch let failure as CommandFailure {
            Terminal.note(failure.message)
            if let hint = failure.hint { Terminal.note("hint: \(hint)") }
            Foundation.exit(failure.status.rawValue)
        } catch {
            exit(withError: error)
        }
    }
}
