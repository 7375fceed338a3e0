import ArgumentParser
import ServiceSupport
import VerifierCore

/// Lets locked-out subjects try again.
struct UnlockCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "unlock",
        abstract: "Forget failed attempts, so that the account may try again.",
        discussion: """
            The prover counts samples that do not match by itself: 'semblance unlock' clears both ends on this host.
            """
    )

    @OptionGroup var options: CommonOptions

    @Option(name: .long, help: "The account; may be given more than once.")
    var subject: [String] = []

    @Flag(name: .long, help: "All accounts.")
    var all = false

    func validate() throws {
        guard subject.isEmpty == all else { throw ValidationError("Name accounts with --subject, or --all.") }
    }

    func run() async throws {
        do {
            let verifier = try options.verifier()
            if all { try await verifier.unlockAll() }
            for subject in subject { try await verifier.unlock(subject: subject) }
        } catch let error as VerifierError {
            throw ProgramFailure(error)
        }
    }
}
