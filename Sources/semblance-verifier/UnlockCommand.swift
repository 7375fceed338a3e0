import ArgumentParser
import ServiceSupport
import VerifierCore

/// Lets a locked-out subject try again.
struct UnlockCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "unlock",
        abstract: "Forget an account's unanswered challenges, so that it may try again."
    )

    @OptionGroup var options: CommonOptions

    @Option(name: .long, help: "The account.")
    var subject: String

    func run() async throws {
        do {
            try await options.verifier().unlock(subject: subject)
        } catch let error as VerifierError {
            throw ProgramFailure(error)
        }
    }
}
