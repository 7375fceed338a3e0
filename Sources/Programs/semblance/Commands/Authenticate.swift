import ArgumentParser
import ServiceClients

struct Authenticate: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Prove to a verifier that you are the one who enrolled.",
        discussion: "Prints the verdict: biometric, or possession where no sensor vouches for the capture."
    )

    @OptionGroup var services: ServiceOptions
    @OptionGroup var output: OutputOptions

    @Option(help: ArgumentHelp("The account; yours unless named.", valueName: "name"), completion: .accounts)
    var user: String?

    @Option(help: "face or fingerprint; either if left out.", completion: .modalities)
    var modality: String?

    @Option(
        help: ArgumentHelp("Which finger or face setting; any that is enrolled if left out.", valueName: "text"),
        completion: .labels
    )
    var label: String?

    @Option(help: ArgumentHelp("What the login is for; bound into the proof.", valueName: "text"))
    var purpose = "semblance"

    @Option(help: ArgumentHelp("Also write the proof to a file.", valueName: "file"))
    var saveProof: String?

    func validate() throws { try SubjectOptions.check(user: user, modality: modality, label: label) }

    private struct Report: Codable {
        let verdict: String
        let token: String?
        let proofByteCount: Int
        /// From handing over the challenge to holding the proof: capture, inference, proof.
        let captureAndProveMilliseconds: Double
        let verifyMilliseconds: Double
    }

    func run() async throws {
        let subject = try user ?? Account.current()
        let verifier = try await VerifierClients.connect(to: services.verifier)
        let prover = try await ProverClient(path: services.prover)
        let login = Login(
            verifier: verifier,
            prover: prover,
            subject: subject,
            purpose: purpose,
            modality: modality,
            label: label
        )
        let outcome = try await login.run(onProof: { try ProofFile.save($0, to: saveProof) })
        if output.json {
            try Terminal.result(
                json: Report(
                    verdict: outcome.answer.verdict,
                    token: outcome.answer.token,
                    proofByteCount: outcome.proofByteCount,
                    captureAndProveMilliseconds: outcome.times.captureAndProve,
                    verifyMilliseconds: outcome.times.verify
                )
            )
        } else {
            Terminal.result(outcome.answer.verdict)
        }
    }
}
