import ArgumentParser
import Interfaces
import ModelTools
import ServiceClients
import ServiceSupport
import Sodium
import Statement

struct Enroll: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Enrol a face or a finger with a verifier.",
        discussion: """
            Captures samples, proves that they are of one person, registers their commitment with the verifier and keeps \
            the template here, encrypted. The verifier sees a commitment and a proof, never an image or an embedding.
            """
    )

    @OptionGroup var services: ServiceOptions
    @OptionGroup var target: SubjectOptions
    @OptionGroup var output: OutputOptions

    @Option(help: "How many samples to take, 1 to 5.")
    var samples = 3

    @Option(
        help: ArgumentHelp(
            "What is proved: match, head or full (default: what the verifier asks for at least).",
            valueName: "level"
        )
    )
    var assurance: String?

    @Option(help: ArgumentHelp("A remote verifier's one-time permission to enrol.", valueName: "token"))
    var enrolmentToken: String?

    @Option(help: ArgumentHelp("The verifier's key, from its administrator; any other is refused.", valueName: "hex"))
    var verifierKey: String?

    @Option(help: ArgumentHelp("Also write the proof to a file.", valueName: "file"))
    var saveProof: String?

    func validate() throws {
        guard (1...5).contains(samples) else { throw ValidationError("--samples must be 1 to 5.") }
        guard assurance.map({ Assurance(name: $0) != nil }) ?? true else {
            throw ValidationError("--assurance must be match, head or full.")
        }
        guard verifierKey.map({ Hexadecimal.decode($0)?.count == VerifyingKey.byteCount }) ?? true else {
            throw ValidationError("--verifier-key must be 64 hexadecimal digits.")
        }
    }

    func run() async throws {
        let subject = try target.subject()
        guard UserName.uid(ofAccount: subject) != nil else {
            throw CommandFailure(.enrolment, "there is no account \(subject) on this machine")
        }
        let prover = try await ProverClient(path: services.prover)
        let place = try await EnrolmentPlace(
            place: services.verifier,
            enrolmentToken: enrolmentToken,
            namedKey: verifierKey.flatMap { Hexadecimal.decode($0) },
            subject: subject,
            prover: prover
        )
        let verifier = place.verifier
        let challenge = try await verifier.enrolChallenge(
            subject: subject,
            modality: target.modality,
            label: target.label,
            samples: samples,
            assurance: assurance,
            clientKey: try await prover.deviceKey(subject: subject, origin: verifier.origin)
        )
        let expected = ChallengeExpectation(
            origin: verifier.origin,
            role: "enrol",
            subject: subject,
            purpose: "enrol",
            samples: samples,
            modality: target.modality,
            label: target.label,
            assurance: assurance,
            audience: place.audience,
            verifierKey: place.verifierKey
        )
        let made: ProverAnswer
        do {
            made = try await prover.proof("Enroll", challenge: challenge, expected: expected, timeout: .seconds(600))
        } catch let failure as CommandFailure where failure == .noMatch {
            throw CommandFailure(
                .refused,
                "the samples are not alike",
                hint: "present the same \(target.modality) each time, well placed; a clean one helps"
            )
        }
        try ProofFile.save(made.proof, to: saveProof)
        let receipt = try await verifier.register(made)
        try await prover.commit(receipt: receipt)
        await warnOfCalibration(prover)
        if output.json {
            try Terminal.result(json: ReceiptReport(receipt))
        }
    }

    /// Says so where an installed model's thresholds were measured on other sensors than that at hand.
    private func warnOfCalibration(_ prover: ProverClient) async {
        guard let status = try? await prover.status() else { return }
        let kinds = Doctor.kinds(of: status, for: target.modality)
        for note in CalibrationNote.notes(in: Self.installedModels)
        where note.modality == target.modality && status.models.contains(note.model) {
            for kind in kinds where !note.covers(sensor: kind) {
                Terminal.note(
                    "warning: the thresholds were measured on \(note.description), not on a sensor of the kind \(kind)"
                )
                Terminal.note("hint: \(Doctor.calibrationHint)")
            }
        }
    }

    private static let installedModels = "/usr/share/semblance"
}
