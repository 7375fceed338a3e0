import Cameras

/// Frames from a camera, which is open, with its light on, while a capture looks and at no other time.
public final class CameraSource: FrameSource {
    public let kind = "camera"
    public let selection = FrameSelection(count: 3, time: .milliseconds(600), enough: 0.6)
    private let choice: CameraChoice
    private let system: any VideoSystem
    private let looks: DeviceLooks<CameraFault>

    public convenience init(_ choice: CameraChoice) { self.init(choice, system: KernelVideo()) }

    package init(
        _ choice: CameraChoice,
        system: any VideoSystem,
        patience: Duration = CameraReader.patience
    ) {
        (self.choice, self.system) = (choice, system)
        let reader = CameraReader(choice, system: system, patience: patience)
        looks = DeviceLooks(at: "camera", remembered: CameraReader.remembered) { reader.look(for: $0, &$1) }
    }

    public var isStuck: Bool { looks.isStuck }

    public func open(_ look: FrameLook) async throws(SourceFault) -> any FrameSession { looks.begin(look) }

    /// The camera's absence, or what went wrong at the last look. What the person in front of it can change is no fault.
    public func fault() async -> String? {
        if isStuck { return CameraFault.silence }
        let (choice, system) = (choice, system)
        var absence: CameraFault?
        switch await looks.ask({ choice.absence(in: system) }) {
        case .done(let found): absence = found
        case .late: return CameraFault.silence
        // Somebody else asks at the same time.
        case .refused, .cancelled: break
        }
        return (absence ?? looks.fault).map { "\($0)" }
    }
}

extension CameraFault: SpokenFault {
    static let nothing = "the camera gave no picture in time"
    static let silence = "the camera's driver does not answer; unplug the camera and plug it in again"
}
