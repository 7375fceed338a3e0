import ArgumentParser
import Commitments
import MatchProof
import ModelTools
import Models
import Sodium
import Statement

struct Verify: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Check proof files, offline.",
        discussion: """
            Checks signatures, proof and verdict. Whether the challenge was fresh and the template is still the recorded \
            one only the verifier that issued it can tell. Many files are checked together, which takes a fraction of the \
            time each; what is wrong with one is told, and the others are checked all the same.
            """
    )

    @Argument(help: "The proofs, as written by --save-proof.")
    var files: [String]

    @Option(help: ArgumentHelp("The key that must have signed the challenge (semblance status).", valueName: "hex"))
    var verifierKey: String

    @Option(help: ArgumentHelp("The key that must have signed the samples.", valueName: "hex"))
    var sensorKey: String?

    @Option(
        help: ArgumentHelp(
            "The published model (or the model file) that a proof at head or full is about; repeat for more.",
            valueName: "file"
        )
    )
    var model: [String] = []

    @OptionGroup var output: OutputOptions

    /// Proofs that are checked together: more need more memory, and are hardly faster.
    private static let batchLimit = 32

    private typealias Opened = (envelope: ProofEnvelope, byteCount: Int)

    func run() async throws {
        let verifierKey = try Self.key(verifierKey, option: "--verifier-key")
        let sensorKey = try sensorKey.map { try Self.key($0, option: "--sensor-key") }
        var models: [PublishedModel] = []
        for path in model {
            do { models.append(try ModelCommands.published(path)) } catch {
                throw CommandFailure(unusableModel: path, error)
            }
        }
        let opened = files.map { file in Self.open(file, models) }
        let batch = opened.compactMap { try? $0.get() }.map {
            MatchVerifier.Submission($0.envelope, verifierKey: verifierKey, sensorKey: sensorKey)
        }
        let start = ContinuousClock.now
        var results = stride(from: 0, to: batch.count, by: Self.batchLimit).flatMap { start in
            MatchVerifier().verify(batch: Array(batch[start..<min(start + Self.batchLimit, batch.count)]))
        }.makeIterator()
        let milliseconds = start.duration(to: .now) / .milliseconds(1) / Double(max(1, batch.count))
        let reports = zip(files, opened).map { file, opened -> Result<ProofReport, CommandFailure> in
            opened.flatMap { proof in
                Self.judge(results.next(), isChecked: sensorKey != nil).map { verified in
                    ProofReport(
                        verified,
                        file: files.count > 1 ? file : nil,
                        isChecked: sensorKey != nil,
                        byteCount: proof.byteCount,
                        milliseconds: milliseconds
                    )
                }
            }
        }
        if files.count == 1 { try tell(try reports[0].get()) } else { try tell(all: reports) }
    }

    private static func open(_ file: String, _ models: [PublishedModel]) -> Result<Opened, CommandFailure> {
        do {
            let bytes = try ProofFile.load(file)
            let envelope = try ProofEnvelope(decoding: bytes) { identity in models.first { $0.identity == identity } }
            return .success((envelope, bytes.count))
        } catch let failure as CommandFailure {
            return .failure(failure)
        } catch WireError.unknownValue(field: .model) {
            return .failure(
                CommandFailure(
                    .badInput,
                    "\(file) is about a network that is not among the models given",
                    hint: "name the published model with --model"
                )
            )
        } catch {
            return .failure(CommandFailure(.badInput, "\(file) is not a proof: \(error)"))
        }
    }

    /// - Parameter isChecked: whether a sensor must have signed.
    private static func judge(
        _ result: Result<VerifiedProof, VerificationFailure>?,
        isChecked: Bool
    ) -> Result<VerifiedProof, CommandFailure> {
        switch result {
        case .success(let verified) where isChecked && verified.sensorKey == nil:
            .failure(CommandFailure(.refused, "the proof does not hold: no sensor signed its samples"))
        case .success(let verified): .success(verified)
        case .failure(let error): .failure(CommandFailure(.refused, "the proof does not hold: \(error)"))
        case nil: .failure(CommandFailure(.failure, "the proof was not checked"))
        }
    }

    private func tell(_ report: ProofReport) throws {
        if output.json { try Terminal.result(json: report) } else { Terminal.result(report.words) }
    }

    /// A line or an entry for each file, in order.
    ///
    /// - Throws: where one does not hold, the worst that happened, once all are told.
    private func tell(all reports: [Result<ProofReport, CommandFailure>]) throws {
        let failures = reports.compactMap { report -> CommandFailure? in
            if case .failure(let failure) = report { failure } else { nil }
        }
        if output.json {
            try Terminal.result(json: zip(files, reports).map(ProofEntry.init))
        } else {
            for (file, report) in zip(files, reports) {
                switch report {
                case .success(let report): Terminal.result("\(file): \(report.words)")
                case .failure(let failure): Terminal.note("\(file): \(failure.message)")
                }
            }
        }
        guard let worst = failures.first(where: { $0.status != .refused }) ?? failures.first else { return }
        throw CommandFailure(worst.status, "\(failures.count) of \(files.count) proofs do not hold", hint: worst.hint)
    }

    private static func key(_ text: String, option: String) throws -> VerifyingKey {
        guard let bytes = Hexadecimal.decode(text), let key = VerifyingKey(bytes) else {
            throw ValidationError("\(option) takes an Ed25519 key of 64 hexadecimal digits.")
        }
        return key
    }
}

/// What `--json` prints of a proof that holds.
private struct ProofReport: Encodable {
    /// Nil where there is only one.
    let file: String?
    let verdict: String
    let assurance: String
    let model: String
    let previousModel: String?
    let role: String
    let subject: String
    let audience: String
    let purpose: String
    let modality: String
    let label: String
    let epoch: UInt64
    let threshold: UInt16
    let sensorKey: String?
    /// Whether --sensor-key named it; otherwise a prover may have made it up.
    let sensorKeyChecked: Bool
    /// The commitment that the samples were matched against; nil for an enrolment.
    let template: String?
    let samples: Int
    let newTemplate: String?
    let byteCount: Int
    /// Of several: a share of what all took together.
    let milliseconds: Double

    init(_ verified: VerifiedProof, file: String?, isChecked: Bool, byteCount: Int, milliseconds: Double) {
        let challenge = verified.challenge
        self.file = file
        verdict = verified.verdict.rawValue
        assurance = challenge.assurance.name
        model = Hexadecimal.encode(challenge.model)
        previousModel = challenge.previous.map { Hexadecimal.encode($0.identity) }
        role = challenge.role.name
        subject = challenge.subject
        audience = challenge.audience
        purpose = challenge.purpose
        modality = challenge.modality.name
        label = challenge.label
        epoch = challenge.epoch
        threshold = challenge.threshold
        sensorKey = verified.sensorKey.map { Hexadecimal.encode($0) }
        sensorKeyChecked = isChecked
        template = challenge.template.map { Hexadecimal.encode($0.bytes) }
        samples = challenge.samples
        newTemplate = verified.newTemplate.map { Hexadecimal.encode($0.bytes) }
        self.byteCount = byteCount
        self.milliseconds = milliseconds
    }

    /// The verdict, and which sensor it rests on: any prover can make up a sensor key of his own.
    var words: String {
        guard !sensorKeyChecked, let sensorKey else { return verdict }
        return "\(verdict) (sensor \(sensorKey.prefix(8)).., not checked)"
    }
}

/// One of several proofs.
private enum ProofEntry: Encodable {
    case holds(ProofReport)
    case fails(file: String, CommandFailure)

    init(_ file: String, _ report: Result<ProofReport, CommandFailure>) {
        switch report {
        case .success(let report): self = .holds(report)
        case .failure(let failure): self = .fails(file: file, failure)
        }
    }

    private enum Key: CodingKey { case file, error }

    func encode(to encoder: any Encoder) throws {
        switch self {
        case .holds(let report): try report.encode(to: encoder)
        case .fails(let file, let failure):
            var container = encoder.container(keyedBy: Key.self)
            try container.encode(file, forKey: .file)
            try container.encode(
                Terminal.FailureReport(code: "\(failure.status)", message: failure.message, hint: failure.hint),
                forKey: .error
            )
        }
    }
}

/// What `--json` prints of a verifier's receipt.
struct ReceiptReport: Codable {
    let role: String
    let subject: String
    let audience: String
    let modality: String
    let label: String
    let epoch: UInt64
    /// Hexadecimal.
    let template: String
    let model: String

    init(_ bytes: [UInt8]) throws {
        let receipt: Receipt
        do {
            receipt = try SignedReceipt(decoding: bytes).receipt
        } catch {
            throw CommandFailure(.unavailable, "the verifier's receipt is malformed")
        }
        role = receipt.role.name
        subject = receipt.subject
        audience = receipt.audience
        modality = receipt.modality.name
        label = receipt.label
        epoch = receipt.epoch
        template = Hexadecimal.encode(receipt.template.bytes)
        model = Hexadecimal.encode(receipt.model)
    }
}
