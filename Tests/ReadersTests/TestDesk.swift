import Devices
import Imaging
import ReaderTestSupport
import Synchronization
import Testing

@testable import Readers

/// Takes pictures until it has enough, and notes what it is told.
final class TestDesk: TouchDesk {
    private struct State {
        var pictures: [ReaderPicture] = []
        var advice: [ReaderFault] = []
        var fault: ReaderFault?
        var isLeft = false
    }

    private let wanted: Int
    private let end: ContinuousClock.Instant
    private let state = Mutex(State())

    init(wanted: Int = 1, time: Duration = .seconds(20)) {
        self.wanted = wanted
        end = .now + time
    }

    var isOver: Bool { state.withLock { $0.isLeft || $0.pictures.count >= wanted } || ContinuousClock.now > end }
    var isWanted: Bool { true }
    func give(_ picture: ReaderPicture) { state.withLock { $0.pictures.append(picture) } }
    func advise(_ fault: ReaderFault) { state.withLock { if $0.advice.last != fault { $0.advice.append(fault) } } }
    func fail(_ fault: ReaderFault) { state.withLock { $0.fault = fault } }
    func beat() {}
    func leave() { state.withLock { $0.isLeft = true } }

    var pictures: [ReaderPicture] { state.withLock { $0.pictures } }
    var advice: [ReaderFault] { state.withLock { $0.advice } }
    var fault: ReaderFault? { state.withLock { $0.fault } }
}

extension FakeReaders {
    /// Looks once; whatever happens, the reader is given back.
    func look(
        _ choice: ReaderChoice = ReaderChoice(),
        _ desk: TestDesk = TestDesk(),
        patience: Duration = .milliseconds(600)
    ) -> TestDesk {
        var memory = FrameMemory(capacity: ReaderLook.remembered)
        ReaderLook(choice, system: self, patience: patience).look(for: desk, &memory)
        #expect(openCount == 0 && visitCount == 0, "the reader stays open")
        return desk
    }
}
