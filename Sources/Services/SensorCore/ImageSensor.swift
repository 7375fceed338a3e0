import Glibc
import Imaging
import IntegerNetwork
import Interfaces
import Sodium
import Statement

/// A sensor: it looks at the frames of a source and commits to what the proof starts from (the embedding, a feature map or the
/// network's input, by the challenge's assurance), and signs the commitment.
///
/// What it commits is made of its own capture, by the model that the challenge names; nothing a caller sends gets in.
public actor ImageSensor {
    /// What a repeated frame is answered with.
    public static let replayAdvice = "hold still is not enough: the same frame came twice"

    public nonisolated let modalities: [String]
    /// Identities of the models in hexadecimal.
    public nonisolated let models: [String]
    public nonisolated let source: any FrameSource
    private nonisolated let keys: SensorKeys
    let embeddingModels: [EmbeddingModel]
    let aligners: [any FrameAligner]
    let now: @Sendable () -> UInt64
    var history = FrameHistory()
    nonisolated let work = BlockingWork()
    nonisolated let hold: SourceGuard
    private(set) var isCapturing = false

    /// - Parameters:
    ///   - aligners: for models that want their frames aligned; without theirs, such models give no samples.
    ///   - now: seconds since 1970-01-01 00:00 UTC.
    public init(
        source: any FrameSource,
        models: [EmbeddingModel],
        keys: SensorKeys,
        aligners: [any FrameAligner] = [],
        now: @escaping @Sendable () -> UInt64 = { UInt64(max(0, time(nil))) }
    ) {
        self.init(source: source, models: models, keys: keys, aligners: aligners, hold: SourceGuard(), now: now)
    }

    init(
        source: any FrameSource,
        models: [EmbeddingModel],
        keys: SensorKeys,
        aligners: [any FrameAligner],
        hold: SourceGuard,
        now: @escaping @Sendable () -> UInt64
    ) {
        self.source = source
        self.hold = hold
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
    /// - Returns: of the best usable frame, a sample for every challenge of the frame's modality, each under blinders
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

        let findings = try await best(questions, until: ContinuousClock.now + timeout, advise)
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

    /// Whether captures can be served: this actor answers within `limit`, and nothing that was begun hangs.
    public nonisolated func canServe(within limit: Duration) async -> Bool {
        guard !source.isStuck, !hold.isOwed, !isExaminationStuck else { return false }
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
}
