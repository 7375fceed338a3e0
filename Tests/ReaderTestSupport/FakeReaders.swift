import Foundation
import Readers
import Synchronization

/// A machine whose fingerprint readers do as a test says.
package final class FakeReaders: ReaderSystem {
    package struct Behaviour: Sendable {
        package var readers = [ReaderDescription(driver: "fake", product: "Fake Reader")]
        /// Of the visit with that number, from 1; nil: it takes place.
        package var visitFault: @Sendable (Int) -> ReaderFault? = { _ in nil }
        package var openError: @Sendable (Int) -> ReaderError? = { _ in nil }
        /// What the capture with that number, from 0, over all visits, comes to; nil: no finger comes.
        package var touch: @Sendable (Int) -> FakeTouch? = { .picture(FakePicture(seed: $0)) }
        /// How long the finger lies on the reader after its picture was taken.
        package var lying = Duration.zero
        /// Whether the driver comes back when it is asked to end a step early.
        package var heedsCancelling = true

        package init() {}
    }

    private struct State {
        var behaviour: Behaviour
        var visits = 0
        var inVisit = 0
        var open = 0
        var captures = 0
        var abandoned = 0
    }

    private let state: Mutex<State>

    package init(_ behaviour: Behaviour) { state = Mutex(State(behaviour: behaviour)) }

    package convenience init(_ change: (inout Behaviour) -> Void = { _ in }) {
        var behaviour = Behaviour()
        change(&behaviour)
        self.init(behaviour)
    }

    /// Readers that are open now, and visits that go on.
    package var openCount: Int { state.withLock { $0.open } }
    package var visitCount: Int { state.withLock { $0.inVisit } }
    package var abandonedCount: Int { state.withLock { $0.abandoned } }
    package var captures: Int { state.withLock { $0.captures } }

    package func change(_ body: (inout Behaviour) -> Void) { state.withLock { body(&$0.behaviour) } }

    package func visit() throws(ReaderFault) -> any ReaderVisit {
        let (fault, behaviour) = state.withLock { state in
            state.visits += 1
            return (state.behaviour.visitFault(state.visits), state.behaviour)
        }
        if let fault { throw fault }
        state.withLock { $0.inVisit += 1 }
        return FakeVisit(self, behaviour)
    }

    fileprivate func openError() -> ReaderError? {
        state.withLock { state in
            let error = state.behaviour.openError(state.visits)
            if error == nil { state.open += 1 }
            return error
        }
    }

    fileprivate func nextTouch() -> FakeTouch? {
        state.withLock { state in
            defer { state.captures += 1 }
            return state.behaviour.touch(state.captures)
        }
    }

    fileprivate func closed() { state.withLock { $0.open -= 1 } }

    fileprivate func left(isOver: Bool) {
        state.withLock { state in
            state.inVisit -= 1
            if !isOver { state.abandoned += 1 }
        }
    }
}

/// What a capture comes to.
package enum FakeTouch: Sendable {
    case picture(FakePicture)
    case error(ReaderError)
}

/// A picture as a driver hands it on, perhaps one that cannot be.
package struct FakePicture: Sendable {
    package var width: Int
    package var height: Int
    package var bytes: [UInt8]
    package var perMillimetre: Double

    package init(width: Int, height: Int, bytes: [UInt8]? = nil, perMillimetre: Double = 500 / 25.4) {
        (self.width, self.height, self.perMillimetre) = (width, height, perMillimetre)
        self.bytes = bytes ?? [UInt8](repeating: 200, count: max(0, width * height))
    }

    /// 300 x 360 pixels of noise.
    package init(seed: Int, perMillimetre: Double = 500 / 25.4) {
        var state = UInt64(seed) &* 0x9e37_79b9_7f4a_7c15 &+ 1
        let bytes = (0..<300 * 360).map { _ -> UInt8 in
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return UInt8(truncatingIfNeeded: state >> 56)
        }
        self.init(width: 300, height: 360, bytes: bytes, perMillimetre: perMillimetre)
    }
}

private final class FakeVisit: ReaderVisit {
    let readers: [ReaderDescription]
    private let system: FakeReaders
    private let behaviour: FakeReaders.Behaviour
    private var step = ReaderStep.close
    private var touch: FakeTouch?
    private var takenAt: ContinuousClock.Instant?
    private var error: ReaderError?
    private var isCancelled = false
    private var memory: UnsafeMutableBufferPointer<UInt8>?

    init(_ system: FakeReaders, _ behaviour: FakeReaders.Behaviour) {
        (self.system, self.behaviour) = (system, behaviour)
        readers = behaviour.readers
    }

    deinit { memory?.deallocate() }

    var isFingerToLift: Bool { takenAt != nil }

    func begin(_ step: ReaderStep) {
        self.step = step
        (touch, error, takenAt, isCancelled) = (nil, nil, nil, false)
        switch step {
        case .open: error = system.openError()
        case .capture: touch = system.nextTouch()
        case .close: system.closed()
        }
    }

    func work(milliseconds: Int) -> Bool {
        guard step == .capture else { return true }
        usleep(1000)
        if isCancelled, behaviour.heedsCancelling {
            error = .cancelled
            return true
        }
        switch touch {
        case nil: return false
        case .error(let error):
            self.error = error
            return true
        case .picture:
            let since = takenAt ?? .now
            takenAt = since
            guard ContinuousClock.now - since >= behaviour.lying else { return false }
            takenAt = nil
            return true
        }
    }

    func rest(milliseconds: Int) { usleep(UInt32(milliseconds) * 1000) }

    func cancel() { isCancelled = true }

    func outcome() throws(ReaderError) { if let error { throw error } }

    func picture() -> DriverPicture? {
        guard case .picture(let picture) = touch else { return nil }
        memory?.deallocate()
        let memory = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: picture.bytes.count)
        _ = memory.initialize(from: picture.bytes)
        self.memory = memory
        return DriverPicture(
            width: picture.width,
            height: picture.height,
            bytes: UnsafeBufferPointer(memory),
            perMillimetre: picture.perMillimetre
        )
    }

    func leave(isOver: Bool) { system.left(isOver: isOver) }
}
