import Foundation

@testable import Commitments
@testable import Encoding
@testable import IntegerNetwork
@testable import MatchProof
@testable import ModelTools
@testable import Models
@testable import Statement

/// The decoders that strangers' bytes reach. Each takes any bytes: what it accepts, it must write again as it was.
enum FuzzTarget: String, CaseIterable {
    case envelope
    case statement
    case publishedModel = "published-model"
    case model
    case json
    case onnx
    /// No decoder: a trap that is not hard to find, by which a test sees that the fuzzer finds traps.
    case planted

    /// Set before the driver starts, and not afterwards.
    nonisolated(unsafe) static var chosen = FuzzTarget.planted

    /// The corpus' published models by identity; the driver runs in the repository's root.
    static let models: [[UInt8]: PublishedModel] = {
        let folder = "Tests/Fuzz/Corpus/published-model"
        let files = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        let models = files.compactMap { name in
            FileManager.default.contents(atPath: "\(folder)/\(name)").flatMap { try? PublishedModel(decoding: $0) }
        }
        precondition(!models.isEmpty, "no model in \(folder)")
        return Dictionary(models.map { ($0.identity, $0) }, uniquingKeysWith: { first, _ in first })
    }()

    func feed(_ bytes: [UInt8]) {
        switch self {
        case .envelope: Self.envelope(bytes)
        case .statement: Self.statement(bytes)
        case .publishedModel:
            if let model = try? PublishedModel(decoding: bytes) { precondition(model.encode() == bytes) }
        case .model: _ = try? EmbeddingModel(decoding: bytes)
        case .json: Self.json(bytes)
        case .onnx: _ = try? OnnxImporter.load(bytes, mean: 127.5, scale: 127.5)
        case .planted:
            if bytes.starts(with: Array("SMB".utf8)) { precondition(bytes.count < 4) }
        }
    }

    /// Envelopes of any assurance, before a registry that has each of the corpus' models.
    private static func envelope(_ bytes: [UInt8]) {
        guard let envelope = try? ProofEnvelope(decoding: bytes, model: { models[$0] }) else { return }
        precondition(envelope.encode() == bytes)
    }

    /// All that is signed: one byte says what follows.
    private static func statement(_ bytes: [UInt8]) {
        let content = bytes.dropFirst()
        switch bytes.first {
        case 0:
            if let value = try? SignedChallenge(decoding: content) { precondition(value.bytes.elementsEqual(content)) }
        case 1: if let value = try? Challenge(decoding: content) { precondition(value.encode().elementsEqual(content)) }
        case 2:
            if let value = try? SensorAttestation(decoding: content) {
                precondition(value.encode().elementsEqual(content))
            }
        case 3: _ = try? SignedReceipt(decoding: content)
        case 4: _ = try? TemplateOpening(decoding: content)
        default: _ = try? EmbeddingOpening(decoding: content)
        }
    }

    private static func json(_ bytes: [UInt8]) {
        guard let value = try? JSON(parsing: bytes) else { return }
        guard let again = try? JSON(parsing: value.encode()) else { preconditionFailure("what it wrote is no JSON") }
        precondition(again == value)
    }
}
