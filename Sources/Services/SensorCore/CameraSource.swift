import Cameras
import Imaging
import Synchronization

/// Frames from a camera, which is open, with its light on, while a capture looks and at no other time.
public final class CameraSource: FrameSource {
    private static let place = "camera"
    /// A thread that is so long in one call of the driver hangs.
    private static let patience = Duration.seconds(10)
    /// What looking may take beyond the deadline, to stop the camera.
    private static let closing = Duration.seconds(2)

    private struct State {
        var desk: DeviceDesk<CameraFault>?
        /// Of the last look.
        var fault: CameraFault?
        var memory = FrameMemory()
    }

    public let kind = "camera"
    public let selection = FrameSelection(count: 3, time: .milliseconds(600), enough: 0.6)
    private let choice: CameraChoice
    private let reader: CameraReader
    private let system: any VideoSystem
    private let work = BlockingWork()
    private let state = Mutex(State())

    public convenience init(_ choice: CameraChoice) { self.init(choice, system: KernelVideo()) }

    package init(
        _ choice: CameraChoice,
        system: any VideoSystem,
        patience: Duration = CameraReader.patience
    ) {
        (self.choice, self.system) = (choice, system)
        reader = CameraReader(choice, system: system, patience: patience)
    }

    public var isStuck: Bool {
        let isSilent = state.withLock { $0.desk.map { $0.isRunning && $0.silence > Self.patience } ?? false }
        return isSilent || work.isStalled(Self.place) || !work.hasRoom
    }

    public func open(_ look: FrameLook) async throws(SourceFault) -> any FrameSession {
        let desk = DeviceDesk<CameraFault>(deadline: look.deadline)
        state.withLock { $0.desk = desk }
        let task = Task { await run(desk, until: max(look.deadline, .now) + Self.closing) }
        return DeviceSession(desk: desk, looking: task)
    }

    /// The camera's absence, or what went wrong at the last look. What the person in front of it can change is no fault.
    public func fault() async -> String? {
        if isStuck { return CameraFault.silence }
        let (choice, system) = (choice, system)
        let outcome = await work.run(at: "names", until: .now + .seconds(2)) { choice.absence(in: system) }
        var absence: CameraFault?
        switch outcome {
        case .done(let found): absence = found
        case .late: return CameraFault.silence
        // Somebody else asks at the same time.
        case .refused, .cancelled: break
        }
        return (absence ?? state.withLock { $0.fault }).map { "\($0)" }
    }

    private func run(_ desk: DeviceDesk<CameraFault>, until limit: ContinuousClock.Instant) async {
        let outcome = await work.run(at: Self.place, until: limit) {
            var memory = self.state.withLock { $0.memory }
            self.reader.look(for: desk, &memory)
            self.state.withLock { [memory] state in
                state.memory = memory
                state.fault = desk.fault
            }
        }
        if case .done = outcome { desk.end() } else { desk.end(CameraFault.silence) }
    }
}

extension CameraFault: DeviceFault {
    static let nothing = "the camera gave no picture in time"
    static let silence = "the camera's driver does not answer; unplug the camera and plug it in again"
}
