import Foundation
import MatchProof
import NetworkProof
import NeuralNetwork
import Ristretto255
import Sodium

/// A sensor that takes its frames from image files: it commits to what the proof starts from (the embedding, a feature
/// map or the network's input, by the challenge's assurance) and signs the commitment.
///
/// What it commits is made of its own capture, by the model that the challenge names; nothing a caller sends gets in.
public actor ImageSensor {
    /// One signed sample.
    public struct Sample: Sendable {
        public let opening: Opening
        /// The same capture under the previous model, for an upgrade.
        public let previous: Opening?
        public let attestation: SensorAttestation
        /// 0...1, for advice only.
        public let quality: Double
    }

    /// The committed values that a proof starts from.
    public enum Opening: Sendable {
        case embedding(EmbeddingOpening)
        case start(StartOpening, shape: TensorShape)

        var values: [Int16] {
            switch self {
            case .embedding(let opening): opening.values
            case .start(let opening, _): opening.values
            }
        }

        var commitments: [CompressedRistretto] {
            switch self {
            case .embedding(let opening): [opening.commitment]
            case .start(let opening, _): opening.commitments
            }
        }

        /// What the attestation covers of it.
        var block: SensorAttestation.Block {
            switch self {
            case .embedding(let opening):
                let shape = TensorShape(channels: 1, height: 1, width: opening.values.count)
                return SensorAttestation.Block(shape: shape, rows: commitments)
            case .start(_, let shape):
                return SensorAttestation.Block(shape: shape, rows: commitments)
            }
        }
    }

    /// The sensor's kind in `GetInfo`.
    public static let kind = "image-file"
    /// What a repeated frame is answered with.
    public static let replayAdvice = "hold still is not enough: the same frame came twice"

    public nonisolated let modalities: [String]
    /// Identities of the models in hexadecimal.
    public nonisolated let models: [String]
    private nonisolated let keys: SensorKeys
    private let embeddingModels: [EmbeddingModel]
    private let aligners: [any FrameAligner]
    private let now: @Sendable () -> UInt64
    private var tray: ImageTray
    private var history = FrameHistory()
    private(set) var isCapturing = false

    /// - Parameters:
    ///   - tray: the directory of the image files; it may be empty or missing for now.
    ///   - aligners: for models that want their frames aligned; without theirs, such models give no samples.
    ///   - now: seconds since 1970-01-01 00:00 UTC.
    public init(
        tray: String,
        models: [EmbeddingModel],
        keys: SensorKeys,
        aligners: [any FrameAligner] = [],
        now: @escaping @Sendable () -> UInt64 = { UInt64(max(0, time(nil))) }
    ) {
        self.tray = ImageTray(directory: tray)
        self.embeddingModels = models
        self.aligners = aligners
        self.models = models.map { Hexadecimal.encode($0.identity) }
        self.modalities = Set(models.map(\.modality)).sorted()
        self.keys = keys
        self.now = now
    }

    /// The key that this sensor signs with for that verifier.
    public nonisolated func publicKey(audience: String, verifierKey: [UInt8]) throws(SensorError) -> VerifyingKey {
        guard (1...255).contains(audience.utf8.count), VerifyingKey(verifierKey) != nil,
            let key = keys.key(audience: audience, verifierKey: verifierKey)
        else { throw .badRequest }
        return key.publicKey
    }

    /// Captures one sample.
    ///
    /// - Parameters:
    ///   - index: which of the challenge's samples, from 0.
    ///   - timeout: how long to wait for a usable frame.
    ///   - advise: called with what is wrong with a frame that is passed over.
    public func capture(
        _ challenge: SignedChallenge,
        index: Int,
        timeout: Duration,
        advise: @Sendable (String) -> Void
    ) async throws(SensorError) -> Sample {
        let statement = challenge.challenge
        guard let verifierKey = VerifyingKey(statement.verifierKey), challenge.isSigned(by: verifierKey),
            (0..<statement.samples).contains(index), now() < statement.expiresAt
        else { throw .badRequest }
        guard modalities.contains(statement.modality.name) else { throw .noSensor }
        var views: [View] = []
        for part in statement.parts { views.append(try view(statement.statement(of: part))) }
        guard Self.isNoWeaker(views) else { throw .badRequest }
        guard let key = keys.key(audience: statement.audience, verifierKey: statement.verifierKey) else {
            throw .badRequest
        }
        guard !isCapturing else { throw .busy }
        isCapturing = true
        defer { isCapturing = false }

        let deadline = ContinuousClock.now + timeout
        var advice = "the tray has no image"
        var passedOver = 0
        repeat {
            if Task.isCancelled { throw .cancelled }
            guard let path = tray.next() else {
                await Self.pause(100)
                continue
            }
            switch examine(path, challenge, views) {
            case .success(let found):
                let attestation = SensorAttestation.sign(
                    challenge: challenge,
                    time: now(),
                    blocks: found.openings.map(\.block),
                    with: key
                )
                return Sample(
                    opening: found.openings[0],
                    previous: found.openings.count > 1 ? found.openings[1] : nil,
                    attestation: attestation,
                    quality: found.quality
                )
            case .failure(let refusal):
                advice = refusal.advice
                advise(advice)
                passedOver += 1
                // Every file of the tray has been seen: looking again would not change them.
                if passedOver >= tray.count { throw .noSample(advice: advice) }
            }
        } while ContinuousClock.now < deadline
        throw .noSample(advice: advice)
    }

    private struct Refusal: Error {
        let advice: String
    }

    /// A model to look through, and what its embedding must satisfy.
    private struct View {
        let model: EmbeddingModel
        let statement: Challenge
    }

    /// Whether an upgrade's new bound was calibrated for no higher a false match rate than the bound that it replaces.
    private static func isNoWeaker(_ views: [View]) -> Bool {
        guard views.count == 2 else { return true }
        let rates = views.map { view in
            view.model.thresholds.last { $0.numerator <= view.statement.threshold }?.fmr
        }
        guard let new = rates[0], let old = rates[1] else { return views.allSatisfy(\.model.thresholds.isEmpty) }
        return new <= old
    }

    /// Refuses bounds that are laxer than the loosest that the model was calibrated for: who signs a challenge must not
    /// turn a threshold until it answers how far two samples are apart.
    private func view(_ statement: Challenge) throws(SensorError) -> View {
        guard
            let model = embeddingModels.first(where: {
                $0.identity == statement.model && $0.modality == statement.modality.name
                    && $0.dimension == statement.dimension
            })
        else { throw .modelUnknown }
        guard statement.assurance == .match || model.published.startBlock(at: statement.assurance) != nil,
            statement.minimumNorm >= model.minimumNorm,
            statement.threshold >= model.thresholds.first?.numerator ?? 1
        else { throw .badRequest }
        return View(model: model, statement: statement)
    }

    private func examine(
        _ path: String,
        _ challenge: SignedChallenge,
        _ views: [View]
    ) -> Result<(openings: [Opening], quality: Double), Refusal> {
        let image: GrayImage
        do {
            image = try ImageDecoder.decode(contentsOf: path)
        } catch {
            return .failure(Refusal(advice: "the image cannot be read: \(Self.words(error))"))
        }
        guard history.add(image, challenge: challenge.digest) else {
            return .failure(Refusal(advice: Self.replayAdvice))
        }
        var openings: [Opening] = []
        var quality = 1.0
        // An old and a new model mostly want the same.
        var frames: [Alignment: AlignedFrame] = [:]
        for view in views {
            let alignment = view.model.preprocessing.alignment
            let frame: AlignedFrame
            if let seen = frames[alignment] {
                frame = seen
            } else {
                do {
                    frame = try usableFrame(image, challenge.challenge.modality, alignment)
                } catch {
                    return .failure(Refusal(advice: error.advice))
                }
                frames[alignment] = frame
            }
            quality = min(quality, frame.quality)
            let trace: NetworkTraceValues
            do {
                trace = try view.model.traceValues(input: view.model.preprocess(frame.image))
            } catch {
                return .failure(Refusal(advice: "the image does not fit the model"))
            }
            let embedding = trace.blocks.last ?? []
            let norm = embedding.reduce(0) { $0 + Int($1) * Int($1) }
            guard norm >= Int(view.statement.minimumNorm) else {
                return .failure(Refusal(advice: "too little to recognise in the image"))
            }
            if let first = openings.first,
                views[0].model.published.sharesStart(with: view.model.published, at: view.statement.assurance)
            {
                openings.append(first)
                continue
            }
            guard let opening = Self.commit(trace, embedding, view.statement.assurance, view.model) else {
                return .failure(Refusal(advice: "the image does not fit the model"))
            }
            openings.append(opening)
        }
        return .success((openings, quality))
    }

    /// The frame as the model wants it, if it is good enough.
    private func usableFrame(
        _ image: GrayImage,
        _ modality: Modality,
        _ alignment: Alignment
    ) throws(FrameRefusal) -> AlignedFrame {
        guard alignment != .none else {
            let quality = FrameQuality(image, modality)
            if let advice = quality.advice { throw FrameRefusal(advice: advice) }
            return AlignedFrame(image: image, quality: quality.score)
        }
        guard let aligner = aligners.first(where: { $0.alignment == alignment }) else {
            throw FrameRefusal(advice: "the sensor cannot align frames as the model wants")
        }
        return try aligner.align(image)
    }

    /// Commits to what a proof of this assurance starts from.
    private static func commit(
        _ trace: NetworkTraceValues,
        _ embedding: [Int16],
        _ assurance: Assurance,
        _ model: EmbeddingModel
    ) -> Opening? {
        guard let start = model.published.startBlock(at: assurance) else {
            return (try? EmbeddingOpening(committing: embedding)).map { .embedding($0) }
        }
        let description = model.published.description
        return (try? StartOpening(committing: trace.blocks[start], description: description, start: start))
            .map { .start($0, shape: description.shape(ofBlock: start)) }
    }

    private static func words(_ error: ImageError) -> String {
        switch error {
        case .unreadable: "no permission, or it has gone"
        case .tooManyBytes: "the file is too long"
        case .unknownFormat: "neither PNG, JPEG, PNM nor BMP"
        case .invalidDimensions(let width, let height): "\(width) x \(height) pixels"
        case .truncated: "the file ends too early"
        case .corrupt: "the file is damaged"
        case .decoderUnavailable: "the image library lacks its decoder"
        }
    }

    private static func pause(_ milliseconds: Int) async {
        try? await Task.sleep(for: .milliseconds(milliseconds))
    }
}
