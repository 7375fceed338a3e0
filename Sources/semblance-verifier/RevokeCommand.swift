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
