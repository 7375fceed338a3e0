import ArgumentParser
import ServiceSupport
import VerifierCore

/// Ends an enrolment.
struct RevokeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "revoke",
        abstract: "End an enrolment; its template is never accepted again."
    )

    @OptionGroup var options: CommonOptions

    @Option(name: .long, help: "The account.")
    var subject: String

    @Option(name: .long, help: "face or fingerprint.")
    var modality: String

    @Option(name: .long, help: "The enrolment's label.")
    var label = "default"

    func run() async throws {
        do {
            try await options.verifier().revoke(
                subject: subject,
                modality: modality,
                label: label,
                for: .administrator
            )
        } catch let error as VerifierError {
            throw ProgramFailure(error)
        }
    }
}

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
