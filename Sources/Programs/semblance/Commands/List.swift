import ArgumentParser
import Foundation
import ServiceClients

struct List: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "List enrolments: yours, or for root everybody's.")

    @OptionGroup var services: ServiceOptions
    @OptionGroup var output: OutputOptions

    @Option(help: ArgumentHelp("Only this account's.", valueName: "name"), completion: .accounts)
    var user: String?

    func validate() throws { try SubjectOptions.check(user: user, modality: nil, label: nil) }

    func run() async throws {
        let enrolments = try await ProverClient(path: services.prover).list(subject: user)
        if output.json { return try Terminal.result(json: enrolments) }
        for entry in enrolments {
            let created = Date(timeIntervalSince1970: TimeInterval(entry.created))
                .formatted(.iso8601.year().month().day())
            Terminal.result(
                [
                    entry.subject, entry.modality, entry.label, "at \(entry.audience)",
                    entry.origin.map { "(\($0))" } ?? "(contacted by an earlier version)", "epoch \(entry.epoch)",
                    entry.assurance, entry.state, "since \(created)", entry.lockOut,
                ].compactMap { $0 }.joined(separator: "  ")
            )
        }
    }
}
