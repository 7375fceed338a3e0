import Foundation
import Models
import Sodium
import Testing

/// What `Fixtures/vectors/NAME.json` says of a vector.
struct VectorDescription: Codable, Equatable {
    let role: String
    let assurance: String
    let modality: String
    let samples: Int
    /// Seeds of the Ed25519 keys (RFC 8032), and the keys.
    let verifierSeed: String
    let verifierKey: String
    let sensorSeed: String?
    let sensorKey: String?
    let signedChallenge: String
    let challengeDigest: String
    /// Published models: the challenge's, then the previous one of an upgrade. None at `match`.
    let models: [Model]
    let envelope: String
    let verdict: String
    let newTemplate: String?

    struct Model: Codable, Equatable {
        let file: String
        let identity: String
    }

    init(_ vector: VectorCase, _ made: VectorMaker.Made, models: [PublishedModel]) {
        role = vector.role.name
        assurance = vector.assurance.name
        modality = vector.modality.name
        samples = vector.samples
        verifierSeed = Hexadecimal.encode(VectorCase.verifierSeed)
        verifierKey = Self.publicKey(VectorCase.verifierSeed)
        sensorSeed = vector.isSigned ? Hexadecimal.encode(VectorCase.sensorSeed) : nil
        sensorKey = vector.isSigned ? Self.publicKey(VectorCase.sensorSeed) : nil
        signedChallenge = Hexadecimal.encode(made.challenge.bytes)
        challengeDigest = Hexadecimal.encode(made.challenge.digest)
        self.models = models.map {
            Model(file: VectorFiles.modelName($0), identity: Hexadecimal.encode($0.identity))
        }
        envelope = "\(vector.name).proof"
        verdict = vector.isSigned ? "biometric" : "possession"
        newTemplate = made.output.newTemplate.map { Hexadecimal.encode($0.commitment.bytes) }
    }

    func encode() throws -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        return Array(try encoder.encode(self)) + [UInt8(ascii: "\n")]
    }

    private static func publicKey(_ seed: [UInt8]) -> String {
        SigningKey(seed: seed).map { Hexadecimal.encode($0.publicKey.bytes) } ?? ""
    }
}

/// One transcript of `NAME.transcripts.json`: `{"label": ..., "steps": [[label, "@offset+length" or hex], [label, null, scalar]]}`.
struct NotedTranscript: Decodable {
    let label: String
    let steps: [Step]

    enum Message {
        case inEnvelope(offset: Int, count: Int)
        case literal([UInt8])

        func bytes(in envelope: [UInt8]) -> [UInt8] {
            switch self {
            case .inEnvelope(let offset, let count): Array(envelope[offset..<offset + count])
            case .literal(let bytes): bytes
            }
        }
    }

    enum Action {
        case append(Message)
        case challenge([UInt8])
    }

    struct Step: Decodable {
        let label: String
        let action: Action

        init(from decoder: any Decoder) throws {
            var values = try decoder.unkeyedContainer()
            label = try values.decode(String.self)
            if try values.decodeNil() {
                action = .challenge(try #require(Hexadecimal.decode(try values.decode(String.self))))
                return
            }
            let text = try values.decode(String.self)
            guard text.hasPrefix("@") else {
                action = .append(.literal(try #require(Hexadecimal.decode(text))))
                return
            }
            let numbers = text.dropFirst().split(separator: "+").compactMap { Int($0) }
            try #require(numbers.count == 2)
            action = .append(.inEnvelope(offset: numbers[0], count: numbers[1]))
        }
    }
}

/// The files, wherever this source lies.
enum VectorFiles {
    private static let folder = URL(fileURLWithPath: #filePath).resolvingSymlinksInPath()
        .deletingLastPathComponent().appending(path: "../../../Fixtures/vectors").standardized

    static func modelName(_ model: PublishedModel) -> String {
        "models/\(model.header.name.replacing(" ", with: "-")).semblance-public"
    }

    static func read(_ name: String) throws -> [UInt8] {
        Array(try Data(contentsOf: folder.appending(path: name)))
    }

    static func write(_ bytes: [UInt8], to name: String) throws {
        let file = folder.appending(path: name)
        try FileManager.default.createDirectory(at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data(bytes).write(to: file)
    }

    static func description(_ name: String) throws -> VectorDescription {
        try JSONDecoder().decode(VectorDescription.self, from: Data(try read("\(name).json")))
    }

    static func transcripts(_ name: String) throws -> [NotedTranscript] {
        try JSONDecoder().decode([NotedTranscript].self, from: Data(try read("\(name).transcripts.json")))
    }

    static func models(of description: VectorDescription) throws -> [PublishedModel] {
        try description.models.map { model in
            let published = try PublishedModel(decoding: try read(model.file))
            #expect(Hexadecimal.encode(published.identity) == model.identity)
            return published
        }
    }
}
