import Commitments
import Encoding
import Foundation
import Imaging
import IntegerNetwork
import Interfaces
import MatchProof
import Models
import Sodium
import Statement
import Testing
import Varlink

@testable import SensorClient
@testable import SensorCore

/// A small model, a tray in a directory of its own, and a verifier that signs challenges.
struct SensorBench {
    static let dimension = 16
    static let side = 8

    let directory: String
    let model: EmbeddingModel
    let verifier = SigningKey()
    let master = SecretBytes(copying: [UInt8](0..<32))

    static func run(
        layers: Int = 1,
        alignment: Alignment = .none,
        _ body: (SensorBench) async throws -> Void
    ) async throws {
        let directory = NSTemporaryDirectory() + "semblance-sensor-" + UUID().uuidString.prefix(8)
        try FileManager.default.createDirectory(
            atPath: directory,
            withIntermediateDirectories: false,
            attributes: [.posixPermissions: 0o700]
        )
        defer { try? FileManager.default.removeItem(atPath: directory) }
        let modality = alignment.modality ?? "face"
        let model = try makeModel(modality: modality, layers: layers, alignment: alignment)
        try await body(SensorBench(directory: directory, model: model))
    }

    /// A dense layer with fixed pseudo-random weights, and perhaps one that doubles.
    static func makeModel(
        modality: String = "face",
        layers: Int = 1,
        minimumNorm: UInt32 = 160,
        thresholds: [MatchThreshold] = [],
        alignment: Alignment = .none
    ) throws -> EmbeddingModel {
        var state: UInt64 = 42
        let weights = (0..<dimension * side * side).map { _ -> Int32 in
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int32(state >> 33 & 31) - 16
        }
        let term = LinearTerm(
            kind: .convolution,
            sources: [BlockSource(block: 0)],
            kernelHeight: side,
            kernelWidth: side,
            weights: weights
        )
        let network = try IntegerNetwork(
            input: TensorShape(channels: 1, height: side, width: side),
            shift: 7,
            tableBits: 12,
            tables: [.embedding],
            layers: (0..<layers).map { index in
                let double = LinearTerm(
                    kind: .depthwise,
                    sources: [BlockSource(block: index)],
                    kernelHeight: 1,
                    kernelWidth: 1,
                    weights: [Int32](repeating: 256, count: dimension)
                )
                return Layer(
                    name: "\(index)",
                    terms: [index == 0 ? term : double],
                    bias: [Int32](repeating: 0, count: dimension),
                    output: TensorShape(channels: dimension, height: 1, width: 1),
                    table: 0
                )
            }
        )
        return try EmbeddingModel(
            name: "test",
            modality: modality,
            network: network,
            preprocessing: Preprocessing(alignment: alignment),
            minimumNorm: minimumNorm,
            thresholds: thresholds
        )
    }

    /// Pixels of a picture that `seed` names.
    static func pixels(_ seed: UInt64) -> [UInt8] {
        var state = seed &* 0x9e37_79b9_7f4a_7c15 &+ 1
        return (0..<side * side).map { _ in
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return UInt8(truncatingIfNeeded: 40 + state >> 33 % 176)
        }
    }

    func put(_ name: String, _ pixels: [UInt8]) throws {
        let header = Array("P5\n\(Self.side) \(Self.side)\n255\n".utf8)
        try Data(header + pixels).write(to: URL(fileURLWithPath: directory + "/" + name))
    }

    /// - Parameters:
    ///   - source: where frames come from; nil: the bench's tray.
    ///   - others: models besides the bench's own.
    func sensor(
        source: (any FrameSource)? = nil,
        others: [EmbeddingModel] = [],
        aligners: [any FrameAligner] = [],
        rest: Duration = .zero,
        grace: Duration = .seconds(2),
        now: UInt64 = 1_800_000_000
    ) throws -> ImageSensor {
        let keys = try #require(SensorKeys(master: master))
        return ImageSensor(
            source: source ?? TraySource(directory: directory, rest: rest),
            models: [model] + others,
            keys: keys,
            aligners: aligners,
            hold: SourceGuard(grace: grace),
            now: { now }
        )
    }

    func challenge(
        role: Role = .enrol,
        samples: Int = 3,
        audience: String = "host",
        subject: String = "alice",
        label: String = "default",
        nonce: [UInt8]? = nil,
        assurance: Assurance = .match,
        modality: Modality = .face,
        model identity: [UInt8]? = nil,
        dimension: Int = dimension,
        threshold: UInt16 = 30000,
        minimumNorm: UInt32 = 160,
        issuedAt: UInt64 = 1_800_000_000,
        previous: PreviousModel? = nil,
        signer: SigningKey? = nil
    ) throws -> SignedChallenge {
        let challenge = try Challenge(
            role: role,
            modality: modality,
            assurance: assurance,
            audience: audience,
            verifierKey: verifier.publicKey.bytes,
            purpose: "login",
            subject: subject,
            label: label,
            nonce: nonce ?? SecureRandom.bytes(32),
            clientKey: [UInt8](repeating: 0, count: 32),
            template: role == .enrol ? nil : EmbeddingOpening(committing: [1, 2, 3, 4, 5, 6, 7, 8]).commitment,
            epoch: 0,
            model: identity ?? model.identity,
            dimension: dimension,
            threshold: threshold,
            minimumNorm: minimumNorm,
            samples: samples,
            issuedAt: issuedAt,
            expiresAt: issuedAt + 60,
            previous: previous
        )
        return SignedChallenge(signing: challenge, with: signer ?? verifier)
    }
}

extension ImageSensor {
    /// For tests that are about one challenge.
    func capture(
        _ challenge: SignedChallenge,
        index: Int,
        timeout: Duration,
        advise: @Sendable (String) -> Void
    ) async throws(SensorError) -> Sample {
        try await capture([challenge], index: index, timeout: timeout, advise: advise)[0]
    }
}

extension SensorClient {
    /// For tests that are about one challenge.
    func capture(
        _ challenge: SignedChallenge,
        models: [EmbeddingModel],
        index: Int,
        timeout: Duration,
        advise: @escaping @Sendable (String) -> Void
    ) async throws(SampleFailure) -> [CommittedSample] {
        try await capture([challenge], models: models, index: index, timeout: timeout, advise: advise)[0].samples
    }

    /// The sample of a reply that has one.
    static func decode(
        _ members: [String: JSON],
        _ challenge: SignedChallenge,
        models: [EmbeddingModel]
    ) throws(SampleFailure) -> [CommittedSample] {
        try decode(Parameters(["samples": .array([.object(members)])]), [challenge], models: models)[0].samples
    }
}
