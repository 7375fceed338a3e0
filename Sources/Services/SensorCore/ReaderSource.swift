import Imaging
import Readers
import Synchronization

/// Frames from a fingerprint reader, which other programs have while no capture looks.
public final class ReaderSource: FrameSource {
    private static let place = "reader"
    /// A thread that is so long in one call of the driver hangs.
    private static let patience = Duration.seconds(10)
    /// What looking may take beyond the deadline, to close the reader.
    private static let closing = Duration.seconds(2)
    /// Asking which readers there are may ask the devices: it is not done more often.
    private static let rest = Duration.seconds(10)

    private struct State {
        var desk: DeviceDesk<ReaderFault>?
        /// Of the last look, or of the last question whether the reader is there.
        var fault: ReaderFault?
        var askedAt: ContinuousClock.Instant?
        var memory = TouchMemory()
    }

    public let kind = "reader"
    public let selection = FrameSelection.first
    private let choice: ReaderChoice
    private let look: ReaderLook
    private let system: any ReaderSystem
    private let work = BlockingWork()
    private let state = Mutex(State())

    /// Called before the process asks libfprint for anything else.
    public convenience init(_ choice: ReaderChoice) {
        self.init(choice, system: Fprint(allowsVirtual: choice.isVirtual))
    }

    package init(_ choice: ReaderChoice, system: any ReaderSystem, patience: Duration = ReaderLook.patience) {
        (self.choice, self.system) = (choice, system)
        look = ReaderLook(choice, system: system, patience: patience)
    }

    /// A driver that kept what it was lent keeps the library: only a new process gets it back.
    public var isStuck: Bool {
        let isSilent = state.withLock { state in
            state.fault == .silent || (state.desk.map { $0.isRunning && $0.silence > Self.patience } ?? false)
        }
        return isSilent || work.isStalled(Self.place) || !work.hasRoom
    }

    public func open(_ look: FrameLook) async throws(SourceFault) -> any FrameSession {
        let desk = DeviceDesk<ReaderFault>(deadline: look.deadline)
        state.withLock { $0.desk = desk }
        let task = Task { await run(desk, until: max(look.deadline, .now) + Self.closing) }
        return DeviceSession(desk: desk, looking: task)
    }

    /// The reader's absence, or what went wrong at the last look. What the person in front of it can change is no fault.
    public func fault() async -> String? {
        if isStuck { return ReaderFault.silence }
        if mayAsk() {
            let (choice, system) = (choice, system)
            let outcome = await work.run(at: "names", until: .now + .seconds(2)) { choice.absence(in: system) }
            switch outcome {
            case .done(let absence): state.withLock { $0.fault = absence ?? $0.fault.flatMap(Self.stays) }
            case .late: return ReaderFault.silence
            // Somebody else asks at the same time.
            case .refused, .cancelled: break
            }
        }
        return state.withLock { $0.fault }.map { "\($0)" }
    }

    /// Not while a capture looks, which knows better.
    private func mayAsk() -> Bool {
        state.withLock { state in
            let isLooking = state.desk?.isRunning ?? false
            let isEarly = state.askedAt.map { ContinuousClock.now - $0 < Self.rest } ?? false
            guard !isLooking, !isEarly else { return false }
            state.askedAt = .now
            return true
        }
    }

    /// What a reader that is there may still have.
    private static func stays(_ fault: ReaderFault) -> ReaderFault? {
        switch fault {
        case .noLibrary, .noUSB, .noReader, .ambiguous, .matchesOnChip, .unplugged: nil
        default: fault
        }
    }

    private func run(_ desk: DeviceDesk<ReaderFault>, until limit: ContinuousClock.Instant) async {
        let outcome = await work.run(at: Self.place, until: limit) {
            var memory = self.state.withLock { $0.memory }
            self.look.look(for: desk, &memory)
            self.state.withLock { [memory] state in
                state.memory = memory
                state.fault = desk.fault
            }
        }
        if case .done = outcome { desk.end() } else { desk.end(ReaderFault.silence) }
    }
}

extension ReaderFault: DeviceFault {
    static let nothing = "the fingerprint reader saw no finger in time"
    static let silence = "\(ReaderFault.silent)"
}
