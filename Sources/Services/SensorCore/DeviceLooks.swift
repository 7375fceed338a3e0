import Devices
import Synchronization

/// The looks through one device, each on a thread of its own for one capture, and what they leave behind.
final class DeviceLooks<Fault: SpokenFault>: Sendable {
    /// A thread that is so long in one call of the driver hangs.
    private static var patience: Duration { .seconds(10) }
    /// What looking may take beyond the deadline, to close the device.
    private static var closing: Duration { .seconds(2) }

    private struct State {
        var desk: DeviceDesk<Fault>?
        /// Of the last look, or of the last question after the device.
        var fault: Fault?
        var memory: FrameMemory
    }

    private let place: String
    private let look: @Sendable (DeviceDesk<Fault>, inout FrameMemory) -> Void
    private let work = BlockingWork()
    private let state: Mutex<State>

    /// - Parameters:
    ///   - place: what looking waits for.
    ///   - remembered: frames that none may come again of.
    ///   - look: looks from opening the device to closing it; blocks.
    init(
        at place: String,
        remembered: Int,
        _ look: @escaping @Sendable (DeviceDesk<Fault>, inout FrameMemory) -> Void
    ) {
        self.place = place
        self.look = look
        state = Mutex(State(memory: FrameMemory(capacity: remembered)))
    }

    var isLooking: Bool { state.withLock { $0.desk?.isRunning ?? false } }

    /// Whether a driver does not come back.
    var isStuck: Bool {
        let isSilent = state.withLock { $0.desk.map { $0.isRunning && $0.silence > Self.patience } ?? false }
        return isSilent || work.isStalled(place) || !work.hasRoom
    }

    var fault: Fault? { state.withLock { $0.fault } }

    /// Changes what is said to be wrong, by an answer to a question.
    func change(_ fault: (Fault?) -> Fault?) { state.withLock { $0.fault = fault($0.fault) } }

    func begin(_ look: FrameLook) -> DeviceSession<Fault> {
        let desk = DeviceDesk<Fault>(deadline: look.deadline)
        state.withLock { $0.desk = desk }
        let task = Task { await run(desk, until: max(look.deadline, .now) + Self.closing) }
        return DeviceSession(desk: desk, looking: task)
    }

    /// Asks after the device without looking through it; refused while somebody else does.
    ///
    /// - Parameter question: what keeps it from being there, as far as its name tells; blocks.
    func ask(_ question: @escaping @Sendable () -> Fault?) async -> BlockingWork.Outcome<Fault?> {
        await work.run(at: "names", until: .now + .seconds(2), question)
    }

    private func run(_ desk: DeviceDesk<Fault>, until limit: ContinuousClock.Instant) async {
        let outcome = await work.run(at: place, until: limit) {
            var memory = self.state.withLock { $0.memory }
            self.look(desk, &memory)
            self.state.withLock { [memory] state in
                state.memory = memory
                state.fault = desk.fault
            }
        }
        if case .done = outcome { desk.end() } else { desk.end(Fault.silence) }
    }
}
