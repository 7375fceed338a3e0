import Cameras
import Imaging
import Synchronization

/// Where the thread that looks through a camera and the capture that wants a frame meet.
final class CameraDesk: FrameDesk {
    private typealias Reply = Result<FrameEvent, SourceFault>

    private struct State {
        var isOver = false
        var isRunning = true
        var waiting: Answer<Reply>?
        /// What was said and not yet fetched.
        var advice: String?
        var lastAdvice: CameraFault?
        var fault: CameraFault?
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

    func leave() { state.withLock { $0.isOver = true } }

    /// What was wrong with the machine at the end, not with what the person did.
    var fault: CameraFault? {
        state.withLock { $0.fault ?? ($0.lastAdvice?.isPersonal == false ? $0.lastAdvice : nil) }
    }
    var isRunning: Bool { state.withLock { $0.isRunning } }
    var silence: Duration { state.withLock { ContinuousClock.now - $0.lastBeat } }

    private var nothing: SourceFault {
        state.withLock { state in
            guard let advice = state.lastAdvice else { return .nothing(advice: "the camera gave no picture in time") }
            return advice.isPersonal ? .nothing(advice: "\(advice)") : .unavailable(hint: "\(advice)")
        }
    }

    // MARK: The thread's side

    /// Past the deadline also where nobody said so: no camera stays open because its capture was lost.
    var isOver: Bool { state.withLock { $0.isOver } || ContinuousClock.now > deadline + .seconds(1) }
    var isWanted: Bool { state.withLock { $0.waiting != nil } }

    func beat() { state.withLock { $0.lastBeat = .now } }

    func give(_ image: GrayImage) {
        let waiting = state.withLock { state in
            state.lastAdvice = nil
            return state.waiting.take()
        }
        waiting?.give(.success(.frame(SourceFrame(image: image))))
    }

    func advise(_ fault: CameraFault) {
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

    func fail(_ fault: CameraFault) {
        state.withLock { $0.fault = fault }
        end("\(fault)")
    }

    /// - Parameter hint: why, where nothing was said yet.
    func end(_ hint: String = "the camera was closed") {
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
