import Devices
import Imaging

/// Who looks through a camera: says when a frame is wanted, and gets it, or what is wrong.
package protocol FrameDesk: LookDesk where Fault == CameraFault {
    func give(_ image: GrayImage)
}

/// Looks through a camera on the thread that calls it, from opening to closing: nothing of the device is held before and
/// after, and its light is off.
package struct CameraReader: Sendable {
    /// How long a fault that may pass is waited for: hubs and cameras take seconds to come back after a suspend. Of a camera that
    /// has not been seen yet less is hoped.
    package static let patience = Duration.seconds(4)
    /// About half a minute of captures.
    package static let remembered = 1024
    private static let pause: UInt32 = 200

    private let choice: CameraChoice
    private let system: any VideoSystem
    private let patience: Duration

    package init(
        _ choice: CameraChoice,
        system: any VideoSystem = KernelVideo(),
        patience: Duration = patience
    ) {
        (self.choice, self.system, self.patience) = (choice, system, patience)
    }

    /// Ends when the desk says so, or after it was told a fault.
    ///
    /// - Parameter memory: what earlier looks have seen.
    package func look(for desk: some FrameDesk, _ memory: inout FrameMemory) {
        desk.keepLooking(&memory, patience: patience, pauseMilliseconds: Self.pause) {
            memory,
            onFrame throws(CameraFault) in
            try lookOnce(for: desk, &memory, onFrame: onFrame)
        }
    }

    /// - Parameter onFrame: called at each good frame.
    private func lookOnce(
        for desk: some FrameDesk,
        _ memory: inout FrameMemory,
        onFrame: () -> Void
    ) throws(CameraFault) {
        let stream = try CameraStream.start(choice, system)
        defer { stream.stop() }
        var watch = FrameWatch(isInfrared: stream.isInfrared)
        while !desk.isOver {
            desk.beat()
            guard let picture = try stream.next(isWanted: desk.isWanted) else { continue }
            switch watch.judge(picture, &memory, isCovered: stream.isCovered) {
            case .good:
                onFrame()
                desk.give(picture.image)
            case .skipped: break
            case .useless(let fault) where fault.isPersonal: desk.advise(fault)
            case .useless(let fault), .refused(let fault): throw fault
            }
        }
    }
}
