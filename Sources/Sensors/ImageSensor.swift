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
        /// The place of its challenge among those of the capture.
        public let challenge: Int
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

    /// Captures once.
    ///
    /// - Parameters:
    ///   - challenges: one, or a ``ChallengeSet``: logins of one subject by several enrolments.
    ///   - index: which of a challenge's samples, from 0.
    ///   - timeout: how long to wait for a usable frame.
    ///   - advise: called with what is wrong with a frame that is passed over.
    /// - Returns: of the first usable frame, a sample for every challenge of the frame's modality, each under blinders
    ///   and a signature of its own, in the order of the challenges.
    public func capture(
        _ challenges: [SignedChallenge],
        index: Int,
        timeout: Duration,
        advise: @Sendable (String) -> Void
    ) async throws(SensorError) -> [Sample] {
        let questions = try questions(challenges, index: index)
        let statement = questions[0].challenge.challenge
        guard let key = keys.key(audience: statement.audience, verifierKey: statement.verifierKey) else {
            throw .badRequest
        }
        guard !isCapturing else { throw .busy }
        isCapturing = true
        defer { isCapturing = false }

        let findings = try await firstUsable(questions, until: ContinuousClock.now + timeout, advise)
        return findings.map { finding in
            Sample(
                challenge: finding.question.place,
                opening: finding.openings[0],
                previous: finding.openings.count > 1 ? finding.openings[1] : nil,
                attestation: SensorAttestation.sign(
                    challenge: finding.question.challenge,
                    time: now(),
                    blocks: finding.openings.map(\.block),
                    with: key
                ),
                quality: finding.quality
            )
        }
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

    // MARK: Challenges

    /// What is asked, without what this sensor has no modality or model for; that is an error only where nothing is
    /// left.
    private func questions(
        _ challenges: [SignedChallenge],
        index: Int
    ) throws(SensorError) -> [FrameExamination.Question] {
        guard !challenges.isEmpty, (try? ChallengeSet.check(challenges.map(\.challenge))) != nil else {
            throw .badRequest
        }
        var (questions, obstacle): ([FrameExamination.Question], SensorError?) = ([], nil)
        for (place, challenge) in challenges.enumerated() {
            do {
                let views = try views(challenge, index: index)
                questions.append(FrameExamination.Question(place: place, challenge: challenge, views: views))
            } catch {
                guard error == .noSensor || error == .modelUnknown else { throw error }
                obstacle = obstacle ?? error
            }
        }
        if questions.isEmpty, let obstacle { throw obstacle }
        return questions
    }

    /// The models that a challenge is about.
    private func views(_ challenge: SignedChallenge, index: Int) throws(SensorError) -> [FrameExamination.View] {
        let statement = challenge.challenge
        guard let verifierKey = VerifyingKey(statement.verifierKey), challenge.isSigned(by: verifierKey),
            (0..<statement.samples).contains(index), now() < statement.expiresAt
        else { throw .badRequest }
        guard modalities.contains(statement.modality.name) else { throw .noSensor }
        var views: [FrameExamination.View] = []
        for part in statement.parts { views.append(try view(statement.statement(of: part))) }
        guard Self.isNoWeaker(views) else { throw .badRequest }
        return views
    }

    /// Refuses bounds that are laxer than the loosest that the model was calibrated for: who signs a challenge must not
    /// turn a threshold until it answers how far two samples are apart.
    private func view(_ statement: Challenge) throws(SensorError) -> FrameExamination.View {
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
        return FrameExamination.View(model: model, statement: statement)
    }

    /// Whether an upgrade's new bound was calibrated for no higher a false match rate than the bound that it replaces.
    private static func isNoWeaker(_ views: [FrameExamination.View]) -> Bool {
        guard views.count == 2 else { return true }
        let rates = views.map { view in
            view.model.thresholds.last { $0.numerator <= view.statement.threshold }?.fmr
        }
        guard let new = rates[0], let old = rates[1] else { return views.allSatisfy(\.model.thresholds.isEmpty) }
        return new <= old
    }

    // MARK: Frames

    /// The first frame of the tray that can be used.
    private func firstUsable(
        _ questions: [FrameExamination.Question],
        until deadline: ContinuousClock.Instant,
        _ advise: @Sendable (String) -> Void
    ) async throws(SensorError) -> [FrameExamination.Finding] {
        // What a set has in common: all its challenges are one look.
        let look = questions[0].challenge.challenge.verifierKey + questions[0].challenge.challenge.nonce
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
            let resting = looks.resting(for: look)
            let known = resting.union(passedOver.values.compactMap { $0 })
            switch await frame(path, except: known, until: deadline) {
            case .done(.image(let image, let file)):
                guard history.add(image, challenge: look) else {
                    try passOver(path, file, Self.replayAdvice)
                    continue
                }
                do {
                    let findings = try FrameExamination.findings(image, questions, aligners)
                    looks.add(file, challenge: look)
                    return findings
                } catch {
                    try passOver(path, file, error.advice)
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

    private static func pause(_ milliseconds: Int) async {
        try? await Task.sleep(for: .milliseconds(milliseconds))
    }
}
