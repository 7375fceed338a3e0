import ArgumentParser
import Interfaces
import ServiceClients

struct Rotate: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Replace a committed template: a fresh commitment, a fresh template, or one of another model.",
        discussion: """
            Either way you prove that you match the old template first. The old commitment is refused from then on; if \
            anything fails on the way, the old one stays in force.
            """
    )

    enum Kind: String, EnumerableFlag {
        case reblind
        case refresh
        case upgrade

        static func help(for value: Kind) -> ArgumentHelp? {
            switch value {
            case .reblind: "The same template under a fresh blinder (one sample)."
            case .refresh: "A new template from new samples that match the old one."
            case .upgrade:
                "The same, under the verifier's newest model; the samples match the old template under the old one."
            }
        }
    }

    @OptionGroup var services: ServiceOptions
    @OptionGroup var target: SubjectOptions
    @OptionGroup var output: OutputOptions

    @Flag(exclusivity: .exclusive)
    var kind: Kind

    @Option(help: "How many samples a refresh or an upgrade takes, 1 to 5.")
    var samples = 3

    @Option(help: ArgumentHelp("Also write the proof to a file.", valueName: "file"))
    var saveProof: String?

    func validate() throws {
        guard (1...5).contains(samples) else { throw ValidationError("--samples must be 1 to 5.") }
    }

    func run() async throws {
        let subject = try target.subject()
        let verifier = try await VerifierClients.connect(to: services.verifier)
        let prover = try await ProverClient(path: services.prover)
        let count = kind == .reblind ? 1 : samples
        let challenge = try await verifier.rotateChallenge(
            subject: subject,
            modality: target.modality,
            label: target.label,
            kind: kind.rawValue,
            samples: count,
            clientKey: try await prover.deviceKey(subject: subject, origin: verifier.origin)
        )
        let expected = ChallengeExpectation(
            origin: verifier.origin,
            role: kind.rawValue,
            subject: subject,
            purpose: "rotate",
            samples: count,
            modality: target.modality,
            label: target.label
        )
        let made = try await prover.proof("Rotate", challenge: challenge, expected: expected, timeout: .seconds(600))
        try ProofFile.save(made.proof, to: saveProof)
        let receipt = try await verifier.rotate(made)
        try await prover.commit(receipt: receipt)
        if output.json {
            try Terminal.result(json: ReceiptReport(receipt))
        }
    }
}
