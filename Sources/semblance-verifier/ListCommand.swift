import ArgumentParser
import ServiceSupport
import Varlink
import VerifierCore

/// Lists enrolments.
struct ListCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "List the enrolments, revoked ones included."
    )

    @OptionGroup var options: CommonOptions

    @Option(name: .long, help: "Only this account's.")
    var subject: String?

    @Flag(name: .long, help: "Print one JSON document.")
    var json = false

    func run() async throws {
        let enrolments: [EnrolmentSummary]
        do {
            enrolments = try await options.verifier().list(subject: subject, for: .administrator)
        } catch let error as VerifierError {
            throw ProgramFailure(error)
        }
        if json {
            let document: JSON = ["enrolments": .array(enrolments.map(\.json))]
            print(String(decoding: document.encode(), as: UTF8.self))
            return
        }
        for enrolment in enrolments {
            print(
                [
                    enrolment.subject, enrolment.modality, enrolment.label, enrolment.state,
                    "epoch \(enrolment.epoch)", enrolment.assurance, "model \(enrolment.model.prefix(12))",
                ].joined(separator: "\t")
            )
        }
    }
}
