import CameraTestSupport
import Devices
import Foundation
import Imaging
import Synchronization
import Testing

@testable import Cameras

/// Takes frames until it has enough, and notes what it is told.
final class Desk: FrameDesk {
    private struct State {
        var images: [GrayImage] = []
        var advice: [CameraFault] = []
        var fault: CameraFault?
    }

    private let wanted: Int
    private let end: ContinuousClock.Instant
    private let state = Mutex(State())

    init(wanted: Int = 1, patience: Duration = .seconds(5)) {
        self.wanted = wanted
        end = .now + patience
    }

    var isOver: Bool { images.count >= wanted || ContinuousClock.now > end }
    var isWanted: Bool { true }
    func give(_ image: GrayImage) { state.withLock { $0.images.append(image) } }
    func advise(_ fault: CameraFault) { state.withLock { if $0.advice.last != fault { $0.advice.append(fault) } } }
    func fail(_ fault: CameraFault) { state.withLock { $0.fault = fault } }
    func beat() {}

    var images: [GrayImage] { state.withLock { $0.images } }
    var advice: [CameraFault] { state.withLock { $0.advice } }
    var fault: CameraFault? { state.withLock { $0.fault } }
}

extension FakeVideo {
    /// Looks once.
    func look(
        _ choice: CameraChoice = CameraChoice(),
        wanted: Int = 1,
        patience: Duration = .milliseconds(300),
        time: Duration = .seconds(5),
        _ memory: inout FrameMemory
    ) -> Desk {
        let desk = Desk(wanted: wanted, patience: time)
        CameraReader(choice, system: self, patience: patience).look(for: desk, &memory)
        #expect(openCount == 0, "the camera stays open, and its light on")
        return desk
    }

    func look(
        _ choice: CameraChoice = CameraChoice(),
        wanted: Int = 1,
        patience: Duration = .milliseconds(300),
        time: Duration = .seconds(5)
    ) -> Desk {
        var memory = FrameMemory(capacity: CameraReader.remembered)
        return look(choice, wanted: wanted, patience: patience, time: time, &memory)
    }
}
