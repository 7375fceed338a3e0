import ArgumentParser
import ServiceClients

struct Revoke: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Remove an enrolment here and at the verifier.",
        discussion: "The verifier refuses the template first, then its opening here is destroyed."
    )

    @OptionGroup var services: ServiceOptions
    @OptionGroup var target: SubjectOptions

    @Flag(help: "Only destroy the template here; the verifier cannot be reached any more.")
    var localOnly = false

    @Option(help: ArgumentHelp("With --local-only: the verifier's name, see 'semblance list'.", valueName: "name"))
    var audience: String?

    func validate() throws {
        guard localOnly == (audience != nil) else {
            throw ValidationError("--local-only and --audience go together.")
        }
    }

    func run() async throws {
        let subject = try target.subject()
        let name: String
        if let audience {
            name = audience
        } else {
            let verifier = try await VerifierClients.connect(to: services.verifier)
            name = try await verifier.identity().audience
            try await verifier.revoke(subject: subject, modality: target.modality, label: target.label)
        }
        try await ProverClient(path: services.prover)
            .revoke(subject: subject, audience: name, modality: target.modality, label: target.label)
    }
}
