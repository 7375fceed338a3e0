import Cameras
import Devices
import Imaging
import Readers
import Synchronization

/// What a kind of device can lack, in words also where nothing was said.
protocol SpokenFault: DeviceFault {
    /// Where nothing came, and nothing was said why.
    static var nothing: String { get }
    /// Where the driver does not come back.
    static var silence: String { get }
}

/// Where the thread that looks through a device and the capture that wants a frame meet.
final class DeviceDesk<Fault: SpokenFault>: LookDesk {
    private typealias Reply = Result<FrameEvent, SourceFault>

    private struct State {
        var isOver = false
        var isRunning = true
        var waiting: Answer<Reply>?
        /// What was said and not yet fetched.
        var advice: String?
        var lastAdvice: Fault?
        /// What was wrong with the last frame.
        var lastVerdict: String?
        var fault: Fault?
        /// No frame will come.
        var end: SourceFault?
        var lastBeat = ContinuousClock.now
    }

    private let deadline: ContinuousClock.Instant
    private let state = Mutex(State())

    init(deadline: ContinuousClock.Instant) { self.deadline = deadline }

    // MARK: The capture's side

    func next() async throws(SourceFault) -> FrameEvent {
        let answer = Answer<Reply>()
        let ready: Reply? = state.withLock { state in
            if let advice = state.advice {
                state.advice = nil
                return .success(.advice(advice))
            }
            if let end = state.end { return .failure(end) }
            state.waiting = answer
            return nil
        }
        if let ready { return try ready.get() }
        let timer = Task {
            try? await Task.sleep(until: deadline, clock: .continuous)
            if !Task.isCancelled { answer.give(.failure(nothing)) }
        }
        let reply = await withTaskCancellationHandler {
            await answer.value
        } onCancel: {
            answer.give(.failure(.cancelled))
        }
        timer.cancel()
        state.withLock { $0.waiting = nil }
        return try reply.get()
    }

    func judged(_ advice: String?) { state.withLock { $0.lastVerdict = advice } }

    func leave() { state.withLock { $0.isOver = true } }

    /// What was wrong with the machine at the end, not with what the person did.
    var fault: Fault? {
        state.withLock { $0.fault ?? ($0.lastAdvice?.isPersonal == false ? $0.lastAdvice : nil) }
    }
    var isRunning: Bool { state.withLock { $0.isRunning } }
    var silence: Duration { state.withLock { ContinuousClock.now - $0.lastBeat } }

    private var nothing: SourceFault {
        state.withLock { state in
            guard let advice = state.lastAdvice else { return .nothing(advice: state.lastVerdict ?? Fault.nothing) }
            return advice.isPersonal ? .nothing(advice: "\(advice)") : .unavailable(hint: "\(advice)")
        }
    }

    // MARK: The thread's side

    /// Past the deadline also where nobody said so: no device stays open because its capture was lost.
    var isOver: Bool { state.withLock { $0.isOver } || ContinuousClock.now > deadline + .seconds(1) }
    var isWanted: Bool { state.withLock { $0.waiting != nil } }

    func beat() { state.withLock { $0.lastBeat = .now } }

    func give(_ frame: SourceFrame) {
        let waiting = state.withLock { state in
            state.lastAdvice = nil
            return state.waiting.take()
        }
        waiting?.give(.success(.frame(frame)))
    }

    func advise(_ fault: Fault) {
        let waiting: Answer<Reply>? = state.withLock { state in
            guard state.lastAdvice != fault else { return nil }
            state.lastAdvice = fault
            guard let waiting = state.waiting.take() else {
                state.advice = "\(fault)"
                return nil
            }
            return waiting
        }
        waiting?.give(.success(.advice("\(fault)")))
    }

    func fail(_ fault: Fault) {
        state.withLock { $0.fault = fault }
        end("\(fault)")
    }

    /// - Parameter hint: why, where nothing was said yet.
    func end(_ hint: String = "the device was closed") {
        let (waiting, end) = state.withLock { state in
            state.isRunning = false
            state.isOver = true
            let end = state.end ?? .unavailable(hint: hint)
            state.end = end
            return (state.waiting.take(), end)
        }
        waiting?.give(.failure(end))
    }
}

extension DeviceDesk: FrameDesk where Fault == CameraFault {
    func give(_ image: GrayImage) { give(SourceFrame(image: image)) }
}

extension DeviceDesk: TouchDesk where Fault == ReaderFault {
    func give(_ picture: ReaderPicture) {
        give(SourceFrame(image: picture.image, dotsPerInch: picture.dotsPerInch))
    }
}

/// One capture's look through a device.
final class DeviceSession<Fault: SpokenFault>: FrameSession {
    private let desk: DeviceDesk<Fault>
    private let looking: Task<Void, Never>

    init(desk: DeviceDesk<Fault>, looking: Task<Void, Never>) { (self.desk, self.looking) = (desk, looking) }

    func next() async throws(SourceFault) -> FrameEvent { try await desk.next() }

    func judged(_ frame: SourceFrame, _ advice: String?) { desk.judged(advice) }

    /// The next capture finds the device free.
    func close() async {
        desk.leave()
        await looking.value
    }
}
