import Foundation
import Imaging
import IntegerNetwork

/// What one capture has looked at so far.
struct TraySearch {
    let questions: [FrameExamination.Question]
    /// What a set has in common: all its challenges are one look.
    let look: [UInt8]
    /// What would help, as the last file had it.
    private(set) var advice = "the tray has no image"
    private var changes: Int
    /// By path; a file that is replaced is looked at again.
    private var passedOver: [String: RegularFile.Identity?] = [:]

    /// - Parameter changes: see ``ImageTray/changes``.
    init(_ questions: [FrameExamination.Question], changes: Int) {
        self.questions = questions
        self.changes = changes
        look = questions[0].challenge.challenge.verifierKey + questions[0].challenge.challenge.nonce
    }

    /// Files that this capture need not open again.
    var seen: [RegularFile.Identity] { passedOver.values.compactMap { $0 } }
    var passedOverCount: Int { passedOver.count }

    /// In another listing everything is looked at again.
    mutating func note(changes now: Int) {
        guard now != changes else { return }
        (changes, passedOver) = (now, [:])
    }

    mutating func passOver(_ path: String, _ file: RegularFile.Identity?, _ reason: String) {
        advice = reason
        passedOver.updateValue(file, forKey: path)
    }

    /// Whether this is news to the person.
    mutating func advise(_ text: String) -> Bool {
        guard advice != text else { return false }
        advice = text
        return true
    }
}

/// Frames: the first file of the tray that can be used.
extension ImageSensor {
    func firstUsable(
        _ questions: [FrameExamination.Question],
        until deadline: ContinuousClock.Instant,
        _ advise: @Sendable (String) -> Void
    ) async throws(SensorError) -> [FrameExamination.Finding] {
        var search = TraySearch(questions, changes: tray.changes)
        repeat {
            if Task.isCancelled { throw .cancelled }
            guard let path = try await nextPath(until: deadline) else {
                await Self.pause(100)
                continue
            }
            search.note(changes: tray.changes)
            let resting = looks.resting(for: search.look)
            switch await frame(path, except: resting.union(search.seen), until: deadline) {
            case .done(.image(let image, let file)):
                if let findings = try examine(image, path, file, &search, advise) { return findings }
            case .done(.refused(let error, let file)):
                try passOver(path, file, "the image cannot be read: \(error)", &search, advise)
            case .done(.known(let file)):
                if resting.contains(file), search.advise(Self.liftAdvice) { advise(Self.liftAdvice) }
                await Self.pause(50)
            case .late, .refused:
                try passOver(path, nil, "\((path as NSString).lastPathComponent) does not answer", &search, advise)
            case .cancelled: throw .cancelled
            }
        } while ContinuousClock.now < deadline
        throw .noSample(advice: search.advice)
    }

    /// - Returns: nil where the frame is passed over.
    private func examine(
        _ image: GrayImage,
        _ path: String,
        _ file: RegularFile.Identity,
        _ search: inout TraySearch,
        _ advise: @Sendable (String) -> Void
    ) throws(SensorError) -> [FrameExamination.Finding]? {
        guard history.add(image, challenge: search.look) else {
            try passOver(path, file, Self.replayAdvice, &search, advise)
            return nil
        }
        do {
            let findings = try FrameExamination.findings(image, search.questions, aligners)
            looks.add(file, challenge: search.look)
            return findings
        } catch {
            try passOver(path, file, error.advice, &search, advise)
            return nil
        }
    }

    /// - Throws: `noSample` when every file of the tray has been seen: looking again would not change them.
    private func passOver(
        _ path: String,
        _ file: RegularFile.Identity?,
        _ reason: String,
        _ search: inout TraySearch,
        _ advise: @Sendable (String) -> Void
    ) throws(SensorError) {
        search.passOver(path, file, reason)
        advise(reason)
        if search.passedOverCount >= tray.count { throw .noSample(advice: reason) }
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

    /// No file holds a capture up for longer.
    private static let fileLimit = Duration.seconds(5)

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
