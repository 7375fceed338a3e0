import ArgumentParser
import Commitments
import Foundation
import MatchProof
import ModelTools
import Models
import Sodium
import Statement

struct Verify: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Check a proof file, offline.",
        discussion: """
            Checks signatures, proof and verdict. Whether the challenge was fresh and the template is still the recorded \
            one only the verifier that issued it can tell.
            """
    )

    @Argument(help: "The proof, as written by --save-proof.")
    var file: String

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

    private struct Report: Codable {
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
        let milliseconds: Double
    }

    func run() async throws {
        let verifierKey = try Self.key(verifierKey, option: "--verifier-key")
        let sensorKey = try sensorKey.map { try Self.key($0, option: "--sensor-key") }
        let bytes = try ProofFile.load(file)
        var models: [PublishedModel] = []
        for path in model {
            do {
                models.append(try ModelCommands.published(path))
            } catch {
                throw CommandFailure(unusableModel: path, error)
            }
        }
        let envelope: ProofEnvelope
        do {
            envelope = try ProofEnvelope(decoding: bytes) { identity in models.first { $0.identity == identity } }
        } catch WireError.unknownValue(field: .model) {
            throw CommandFailure(
                .badInput,
                "\(file) is about a network that is not among the models given",
                hint: "name the published model with --model"
            )
        } catch {
            throw CommandFailure(.badInput, "\(file) is not a proof: \(error)")
        }
        let start = ContinuousClock.now
        let verified: VerifiedProof
        do {
            verified = try MatchVerifier().verify(envelope, verifierKey: verifierKey, sensorKey: sensorKey)
        } catch {
            throw CommandFailure(.refused, "the proof does not hold: \(error)")
        }
        let elapsed = start.duration(to: .now)
        guard sensorKey == nil || verified.sensorKey != nil else {
            throw CommandFailure(.refused, "the proof does not hold: no sensor signed its samples")
        }
        if output.json {
            try Terminal.result(
                json: Report(
                    verdict: verified.verdict.rawValue,
                    assurance: verified.challenge.assurance.name,
                    model: Hexadecimal.encode(verified.challenge.model),
                    previousModel: verified.challenge.previous.map { Hexadecimal.encode($0.identity) },
                    role: verified.challenge.role.name,
                    subject: verified.challenge.subject,
                    audience: verified.challenge.audience,
                    purpose: verified.challenge.purpose,
                    modality: verified.challenge.modality.name,
                    label: verified.challenge.label,
                    epoch: verified.challenge.epoch,
                    threshold: verified.challenge.threshold,
                    sensorKey: verified.sensorKey.map { Hexadecimal.encode($0) },
                    sensorKeyChecked: sensorKey != nil,
                    template: verified.challenge.template.map { Hexadecimal.encode($0.bytes) },
                    samples: verified.challenge.samples,
                    newTemplate: verified.newTemplate.map { Hexadecimal.encode($0.bytes) },
                    byteCount: bytes.count,
                    milliseconds: elapsed / .milliseconds(1)
                )
            )
        } else {
            Terminal.result(Self.words(verified, isChecked: sensorKey != nil))
        }
    }

    /// The verdict, and which sensor it rests on: any prover can make up a sensor key of his own.
    private static func words(_ verified: VerifiedProof, isChecked: Bool) -> String {
        guard !isChecked, let key = verified.sensorKey else { return verified.verdict.rawValue }
        return "\(verified.verdict.rawValue) (sensor \(Hexadecimal.encode(key).prefix(8)).., not checked)"
    }

    private static func key(_ text: String, option: String) throws -> VerifyingKey {
        guard let bytes = Hexadecimal.decode(text), let key = VerifyingKey(bytes) else {
            throw ValidationError("\(option) takes an Ed25519 key of 64 hexadecimal digits.")
        }
        return key
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
