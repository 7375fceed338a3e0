import Encoding
import Imaging
import IntegerNetwork
import Synchronization

/// Frames from image files: the next file of a directory, the tray, that can be used.
public final class TraySource: FrameSource {
    /// What is said while the only frames are those that were looked at just before.
    public static let liftAdvice = "lift the finger or look away, then present it again"

    struct State {
        var tray: ImageTray
        var looks: LookHistory
    }

    public let kind = "image-file"
    public let selection = FrameSelection.first
    let directory: String
    let work = BlockingWork()
    let state: Mutex<State>

    /// - Parameters:
    ///   - directory: it may be empty or missing for now.
    ///   - rest: how long a file that does not change gives no second look after a sample.
    public init(directory: String, rest: Duration = .seconds(3)) {
        self.directory = directory
        state = Mutex(State(tray: ImageTray(directory: directory), looks: LookHistory(rest: rest)))
    }

    public var isStuck: Bool { !work.hasRoom || work.isStalled(directory) }

    public func open(_ look: FrameLook) async throws(SourceFault) -> any FrameSession {
        TraySession(source: self, look: look)
    }

    public func fault() async -> String? { isStuck ? Self.silence : nil }

    static let silence = "the tray or its files do not answer"
}

/// One capture's way through the tray.
final class TraySession: FrameSession {
    /// No file holds a capture up for longer.
    private static let fileLimit = Duration.seconds(5)
    /// A capture without time still gets to see what is there.
    private static let leastTime = Duration.milliseconds(500)

    private struct Search {
        var changes: Int
        /// By path; a file that is replaced is looked at again.
        var passedOver: [String: RegularFile.Identity?] = [:]
        var lastAdvice = "the tray has no image"
        var hasLooked = false
        /// The file of the frame that is being judged.
        var file: RegularFile.Identity?
    }

    private let source: TraySource
    private let look: FrameLook
    private let search: Mutex<Search>

    init(source: TraySource, look: FrameLook) {
        (self.source, self.look) = (source, look)
        search = Mutex(Search(changes: source.state.withLock { $0.tray.changes }))
    }

    func next() async throws(SourceFault) -> FrameEvent {
        while mayLook() {
            if Task.isCancelled { throw .cancelled }
            try checkForOthers()
            guard let path = try await nextPath() else {
                await Self.pause(100)
                continue
            }
            if let event = try await event(path) { return event }
        }
        throw .nothing(advice: search.withLock { $0.lastAdvice })
    }

    /// - Parameter advice: nil: the file gave a sample, and rests.
    func judged(_ frame: SourceFrame, _ advice: String?) {
        let file = search.withLock { $0.file }
        if let advice {
            passOver(frame.name, file, advice)
        } else if let file {
            source.state.withLock { $0.looks.add(file, challenge: look.key) }
        }
    }

    func close() async {}

    /// Once at least.
    private func mayLook() -> Bool {
        search.withLock { search in
            defer { search.hasLooked = true }
            return !search.hasLooked || ContinuousClock.now < look.deadline
        }
    }

    /// - Throws: `nothing` when every file of the tray has been seen: looking again would not change them.
    private func checkForOthers() throws(SourceFault) {
        let count = source.state.withLock { $0.tray.count }
        let (seen, advice) = search.withLock { ($0.passedOver.count, $0.lastAdvice) }
        if seen > 0, seen >= count { throw .nothing(advice: advice) }
    }

    /// The next file of the tray, if there is one. In another listing everything is looked at again.
    private func nextPath() async throws(SourceFault) -> String? {
        let directory = source.directory
        let limit = max(look.deadline, .now + Self.leastTime)
        switch await source.work.run(at: directory, until: limit, { ImageTray.imageNames(in: directory) }) {
        case .done(let names):
            let (path, changes) = source.state.withLock { ($0.tray.next(of: names), $0.tray.changes) }
            search.withLock { search in
                if search.changes != changes { (search.changes, search.passedOver) = (changes, [:]) }
            }
            return path
        case .late, .refused: throw .nothing(advice: TraySource.silence)
        case .cancelled: throw .cancelled
        }
    }

    /// What a file gives; nil where there is nothing to tell.
    private func event(_ path: String) async throws(SourceFault) -> FrameEvent? {
        let resting = source.state.withLock { $0.looks.resting(for: look.key) }
        let seen = search.withLock { $0.passedOver.values.compactMap { $0 } }
        switch await frame(path, except: resting.union(seen)) {
        case .done(.image(let image, let file)):
            search.withLock { $0.file = file }
            return .frame(SourceFrame(image: image, name: path))
        case .done(.refused(let error, let file)):
            return .advice(passOver(path, file, "the image cannot be read: \(error)"))
        case .done(.known(let file)):
            await Self.pause(50)
            guard resting.contains(file) else { return nil }
            search.withLock { $0.lastAdvice = TraySource.liftAdvice }
            return .advice(TraySource.liftAdvice)
        case .late, .refused:
            return .advice(passOver(path, nil, "\(path.lastPathPart) does not answer"))
        case .cancelled: throw .cancelled
        }
    }

    @discardableResult
    private func passOver(_ path: String, _ file: RegularFile.Identity?, _ reason: String) -> String {
        search.withLock { search in
            search.lastAdvice = reason
            search.passedOver.updateValue(file, forKey: path)
        }
        return reason
    }

    private func frame(
        _ path: String,
        except known: Set<RegularFile.Identity>
    ) async -> BlockingWork.Outcome<ImageTray.Frame> {
        let now = ContinuousClock.now
        let limit = min(max(look.deadline, now + Self.leastTime), now + Self.fileLimit)
        return await source.work.run(at: path, until: limit) { ImageTray.frame(path, except: known) }
    }

    private static func pause(_ milliseconds: Int) async {
        try? await Task.sleep(for: .milliseconds(milliseconds))
    }
}
