import Imaging
import Interfaces

/// Frames: the best of those that can be used.
extension ImageSensor {
    /// No look at a frame holds a capture up for longer, beyond its deadline: who asks waits for twenty seconds.
    static let examinationLimit = Duration.seconds(10)
    private static let examination = "examination"

    /// Whether a frame is still being looked at that nobody waits for.
    nonisolated var isExaminationStuck: Bool { work.isStalled(Self.examination) || !work.hasRoom }

    func best(
        _ questions: [FrameExamination.Question],
        until deadline: ContinuousClock.Instant,
        _ advise: @Sendable (String) -> Void
    ) async throws(SensorError) -> [FrameExamination.Finding] {
        // What a set has in common: all its challenges are one look.
        let statement = questions[0].challenge.challenge
        let look = FrameLook(key: statement.verifierKey + statement.nonce, deadline: deadline)
        let session: any FrameSession
        do {
            session = try await hold.call(until: deadline) { [source] () throws(SourceFault) in
                try await source.open(look)
            }
        } catch {
            throw SensorError(error)
        }
        let found = await search(session, questions, look, advise)
        // A device is given back also where the caller has gone.
        await Task { [hold] in try? await hold.call(until: .now) { await session.close() } }.value
        return try found.get()
    }

    private func search(
        _ session: any FrameSession,
        _ questions: [FrameExamination.Question],
        _ look: FrameLook,
        _ advise: @Sendable (String) -> Void
    ) async -> Result<[FrameExamination.Finding], SensorError> {
        var choice = FrameChoice(source.selection)
        do throws(SensorError) {
            repeat {
                if Task.isCancelled { throw .cancelled }
                guard let event = try await next(session, look, hasFrame: choice.best != nil) else { break }
                switch event {
                case .advice(let text): choice.tell(text, advise)
                case .frame(let frame):
                    if let advice = await examine(frame, questions, look, &choice) {
                        session.judged(frame, advice)
                        choice.tell(advice, advise)
                    }
                }
            } while ContinuousClock.now < look.deadline && !choice.isOver
            guard let best = choice.best else { throw .noSample(advice: choice.advice ?? "no frame in time") }
            session.judged(best.frame, nil)
            return .success(try await commit(best.views))
        } catch {
            return .failure(error)
        }
    }

    /// - Returns: nil where no other comes, and there is one already.
    private func next(
        _ session: any FrameSession,
        _ look: FrameLook,
        hasFrame: Bool
    ) async throws(SensorError) -> FrameEvent? {
        do {
            return try await hold.call(until: look.deadline) { () throws(SourceFault) in try await session.next() }
        } catch {
            guard hasFrame, error != .cancelled else { throw SensorError(error) }
            return nil
        }
    }

    /// - Returns: why the frame cannot be used; nil if it can.
    private func examine(
        _ frame: SourceFrame,
        _ questions: [FrameExamination.Question],
        _ look: FrameLook,
        _ choice: inout FrameChoice
    ) async -> String? {
        guard history.add(frame.image, challenge: look.key) else { return Self.replayAdvice }
        let aligners = aligners
        let seen = await offActor(until: look.deadline) { () throws(FrameRefusal) in
            try FrameExamination.views(frame, questions, aligners)
        }
        switch seen {
        case .success(let views):
            choice.add(views, frame)
            return nil
        case .failure(let refusal): return refusal.advice
        }
    }

    private func commit(_ views: FrameExamination.Seen) async throws(SensorError) -> [FrameExamination.Finding] {
        let findings = await offActor(until: .now) { () throws(FrameRefusal) in try views.findings() }
        do {
            return try findings.get()
        } catch {
            throw .noSample(advice: error.advice)
        }
    }

    /// Aligning and recognising take their time, which is not this actor's: it answers meanwhile, and ends on time.
    private nonisolated func offActor<Value: Sendable>(
        until deadline: ContinuousClock.Instant,
        _ body: @escaping @Sendable () throws(FrameRefusal) -> Value
    ) async -> Result<Value, FrameRefusal> {
        let limit = max(deadline, .now) + Self.examinationLimit
        let outcome = await work.run(at: Self.examination, until: limit) { () -> Result<Value, FrameRefusal> in
            do throws(FrameRefusal) {
                return .success(try body())
            } catch {
                return .failure(error)
            }
        }
        switch outcome {
        case .done(let result): return result
        case .late, .refused: return .failure(FrameRefusal(advice: "looking at the picture takes too long"))
        case .cancelled: return .failure(FrameRefusal(advice: "cancelled"))
        }
    }
}

/// The best frame of a capture so far.
struct FrameChoice {
    private let selection: FrameSelection
    private(set) var best: (views: FrameExamination.Seen, frame: SourceFrame)?
    /// The last.
    private(set) var advice: String?
    private var count = 0
    private var end: ContinuousClock.Instant?

    init(_ selection: FrameSelection) { self.selection = selection }

    mutating func add(_ views: FrameExamination.Seen, _ frame: SourceFrame) {
        count += 1
        end = end ?? .now + selection.time
        if best.map({ views.quality > $0.views.quality }) ?? true { best = (views, frame) }
    }

    /// Whether there is one that others are not waited for with.
    var isOver: Bool {
        guard let best, let end else { return false }
        return count >= selection.count || best.views.quality >= selection.enough || ContinuousClock.now >= end
    }

    /// What is no news is not told; with a frame in hand there is nothing that the person need do.
    mutating func tell(_ text: String, _ advise: (String) -> Void) {
        guard text != advice else { return }
        advice = text
        if best == nil { advise(text) }
    }
}

extension SensorError {
    init(_ fault: SourceFault) {
        switch fault {
        case .nothing(let advice): self = .noSample(advice: advice)
        case .unavailable(let hint): self = .unavailable(hint: hint)
        case .cancelled: self = .cancelled
        }
    }
}
