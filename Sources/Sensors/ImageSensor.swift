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
    /// What is said while the only frames are those that were looked at just before.
    public static let liftAdvice = "lift the finger or look away, then present it again"
    /// No file holds a capture up for longer.
    private static let fileLimit = Duration.seconds(5)

    public nonisolated let modalities: [String]
    /// Identities of the models in hexadecimal.
    public nonisolated let models: [String]
    private nonisolated let keys: SensorKeys
    private let embeddingModels: [EmbeddingModel]
    private let aligners: [any FrameAligner]
    private let now: @Sendable () -> UInt64
    private var tray: ImageTray
    private var history = FrameHistory()
    private var looks: LookHistory
    nonisolated let work = BlockingWork()
    private nonisolated let directory: String
    private(set) var isCapturing = false

    /// - Parameters:
    ///   - tray: the directory of the image files; it may be empty or missing for now.
    ///   - aligners: for models that want their frames aligned; without theirs, such models give no samples.
    ///   - rest: how long a file that does not change gives no second look after a sample.
    ///   - now: seconds since 1970-01-01 00:00 UTC.
    public init(
        tray: String,
        models: [EmbeddingModel],
        keys: SensorKeys,
        aligners: [any FrameAligner] = [],
        rest: Duration = .seconds(3),
        now: @escaping @Sendable () -> UInt64 = { UInt64(max(0, time(nil))) }
    ) {
        self.tray = ImageTray(directory: tray)
        self.directory = tray
        self.looks = LookHistory(rest: rest)
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

        let found = try await firstUsable(challenge, views, until: ContinuousClock.now + timeout, advise)
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
    }

    /// Whether captures can be served: this actor answers within `limit`, and neither does the tray stall nor too many of
    /// its files.
    public nonisolated func canServe(within limit: Duration) async -> Bool {
        guard work.hasRoom, !work.isStalled(directory) else { return false }
        let answer = Answer<Bool>()
        let timer = Task {
            try? await Task.sleep(for: limit)
            answer.give(false)
        }
        Task {
            _ = await self.isCapturing
            answer.give(true)
        }
        defer { timer.cancel() }
        return await answer.value
    }

    // MARK: Frames

    private struct Found {
        let openings: [Opening]
        let quality: Double
    }

    /// The first frame of the tray that can be used.
    private func firstUsable(
        _ challenge: SignedChallenge,
        _ views: [View],
        until deadline: ContinuousClock.Instant,
        _ advise: @Sendable (String) -> Void
    ) async throws(SensorError) -> Found {
        var advice = "the tray has no image"
        var changes = tray.changes
        // By path; a file that is replaced is looked at again.
        var passedOver: [String: RegularFile.Identity?] = [:]
        func passOver(_ path: String, _ identity: RegularFile.Identity?, _ reason: String) throws(SensorError) {
            advice = reason
            advise(reason)
            passedOver.updateValue(identity, forKey: path)
            // Every file of the tray has been seen: looking again would not change them.
            if passedOver.count >= tray.count { throw .noSample(advice: advice) }
        }
        repeat {
            if Task.isCancelled { throw .cancelled }
            guard let path = try await nextPath(until: deadline) else {
                await Self.pause(100)
                continue
            }
            if tray.changes != changes {
                changes = tray.changes
                passedOver = [:]
            }
            let resting = looks.resting(for: challenge.digest)
            let known = resting.union(passedOver.values.compactMap { $0 })
            switch await frame(path, except: known, until: deadline) {
            case .done(.image(let image, let file)):
                switch examine(image, challenge, views) {
                case .success(let found):
                    looks.add(file, challenge: challenge.digest)
                    return found
                case .failure(let refusal): try passOver(path, file, refusal.advice)
                }
            case .done(.refused(let error, let file)):
                try passOver(path, file, "the image cannot be read: \(error)")
            case .done(.known(let file)):
                if resting.contains(file), advice != Self.liftAdvice {
                    advice = Self.liftAdvice
                    advise(advice)
                }
                await Self.pause(50)
            case .late, .refused: try passOver(path, nil, "\((path as NSString).lastPathComponent) does not answer")
            case .cancelled: throw .cancelled
            }
        } while ContinuousClock.now < deadline
        throw .noSample(advice: advice)
    }

    /// The next file of the tray, if there is one.
    private func nextPath(until deadline: ContinuousClock.Instant) async throws(SensorError) -> String? {
        let directory = directory
        // A capture without time still gets to see what is there.
        let limit = max(deadline, .now + .milliseconds(500))
        switch await work.run(at: directory, until: limit, { ImageTray.imageNames(in: directory) }) {
        case .done(let names): return tray.next(of: names)
        case .late, .refused: throw .noSample(advice: "the tray or its files do not answer")
        case .cancelled: throw .cancelled
        }
    }

    /// What a file gives, within the deadline and ``fileLimit``.
    private nonisolated func frame(
        _ path: String,
        except known: Set<RegularFile.Identity>,
        until deadline: ContinuousClock.Instant
    ) async -> BlockingWork.Outcome<ImageTray.Frame> {
        let now = ContinuousClock.now
        let limit = min(max(deadline, now + .milliseconds(500)), now + Self.fileLimit)
        return await work.run(at: path, until: limit) { ImageTray.frame(path, except: known) }
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
        _ image: GrayImage,
        _ challenge: SignedChallenge,
        _ views: [View]
    ) -> Result<Found, Refusal> {
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
        return .success(Found(openings: openings, quality: quality))
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

    private static func pause(_ milliseconds: Int) async {
        try? await Task.sleep(for: .milliseconds(milliseconds))
    }
}
