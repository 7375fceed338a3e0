import ArgumentParser

struct Authenticate: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Prove to a verifier that you are the one who enrolled.",
        discussion: "Prints the verdict: biometric, or possession where no sensor vouches for the capture."
    )

    @OptionGroup var services: ServiceOptions
    @OptionGroup var output: OutputOptions

    @Option(help: ArgumentHelp("The account; yours unless named.", valueName: "name"))
    var user: String?

    @Option(help: "face or fingerprint; the verifier chooses if there is only one.")
    var modality: String?

    @Option(help: ArgumentHelp("Which finger or face setting.", valueName: "text"))
    var label: String?

    @Option(help: ArgumentHelp("What the login is for; bound into the proof.", valueName: "text"))
    var purpose = "semblance"

    @Option(help: ArgumentHelp("Also write the proof to a file.", valueName: "file"))
    var saveProof: String?

    func run() async throws {
        let subject = try user ?? Account.current()
        let verifier = try await VerifierClients.connect(to: services.verifier)
        let prover = try await ProverClient(path: services.prover)
        let challenge = try await verifier.challenge(
            subject: subject,
            purpose: purpose,
            modality: modality,
            label: label
        )
        let proof = try await prover.proof("Prove", challenge: challenge, timeout: .seconds(60))
        try ProofFile.save(proof, to: saveProof)
        let answer = try await verifier.verify(proof: proof)
        if output.json {
            try Terminal.result(json: answer)
        } else {
            Terminal.result(answer.verdict)
        }
    }
}
