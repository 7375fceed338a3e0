import ArgumentParser
import PamConfiguration
import ServiceClients

struct IsEnrolled: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "is-enrolled",
        abstract: "Whether an account is enrolled, by the exit code: for scripts and greeters.",
        discussion: """
            Exits with 0 if there is a confirmed enrolment, with 3 if there is none, and prints nothing. An enrolment counts also while \
            it is locked out. Others than root are told of themselves only, as by semblance list: they get 7 for everybody else, \
            whoever is enrolled.
            """
    )

    @OptionGroup var services: ServiceOptions
    @OptionGroup var output: OutputOptions

    @Option(help: ArgumentHelp("The account; yours unless named.", valueName: "name"), completion: .accounts)
    var user: String?

    @Option(help: "Only of this kind: face or fingerprint.", completion: .modalities)
    var modality: String?

    @Option(help: ArgumentHelp("Only this finger or face setting.", valueName: "text"), completion: .labels)
    var label: String?

    @Option(
        help: ArgumentHelp("Only what a login by this PAM service would take.", valueName: "name"),
        completion: .services
    )
    var service: String?

    private struct Answer: Encodable {
        var enrolled: Bool
        var subject: String
        /// Of the enrolments that count, each once.
        var modalities: [String]
    }

    func validate() throws {
        try SubjectOptions.check(user: user, modality: modality, label: label)
        guard service.map({ !$0.isEmpty && !$0.contains("/") }) ?? true else {
            throw ValidationError("--service is the name of a file in /etc/pam.d.")
        }
    }

    func run() async throws {
        let subject = try user ?? Account.current()
        let wanted = try self.wanted()
        // Asked of semblanced also where the service takes none: who may not know must not be told by the shorter way.
        let enrolments = try await ProverClient(path: services.prover).list(subject: subject)
        let found = enrolments.filter { entry in entry.state == "active" && wanted.contains { $0.takes(entry) } }
        if output.json {
            let modalities = Set(found.map(\.modality)).sorted()
            try Terminal.result(json: Answer(enrolled: !found.isEmpty, subject: subject, modalities: modalities))
        }
        if found.isEmpty { throw ExitCode(ExitStatus.enrolment.rawValue) }
    }

    /// What an enrolment must be like.
    private struct Wanted {
        var modality: String?
        var label: String?
        /// Whether only the verifier of this machine is asked.
        var isLocal = false

        func takes(_ entry: ProverClient.Enrolment) -> Bool {
            (modality ?? entry.modality) == entry.modality && (label ?? entry.label) == entry.label
                && !(isLocal && entry.origin.map { !$0.hasPrefix("unix:") } ?? false)
        }
    }

    /// What is asked for; none where the service does not take the module, or another finger than the one that is asked for.
    private func wanted() throws -> [Wanted] {
        let asked = Wanted(modality: modality, label: label)
        guard let service else { return [asked] }
        let directories = PamDirectories(root: "/")
        let stack: PamStack
        do {
            stack = try PamStack(service: directories.path(of: service) == nil ? "other" : service, in: directories)
        } catch {
            throw CommandFailure(.badInput, "the PAM configuration of \(service) is not understood: \(error)")
        }
        return stack.entries.filter { $0.module == PamStack.ownModule }.compactMap { entry in
            func argument(_ name: String) -> String? {
                entry.arguments.last { $0.hasPrefix("\(name)=") }.map { String($0.dropFirst(name.count + 1)) }
            }
            let (ofLine, named) = (argument("modality"), argument("label"))
            guard modality == nil || ofLine == nil || modality == ofLine, label == nil || named == nil || label == named
            else { return nil }
            return Wanted(modality: modality ?? ofLine, label: label ?? named, isLocal: true)
        }
    }
}
