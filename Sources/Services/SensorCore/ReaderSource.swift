import Readers
import Synchronization

/// Frames from a fingerprint reader, which other programs have while no capture looks.
public final class ReaderSource: FrameSource {
    /// Asking which readers there are may ask the devices: it is not done more often.
    private static let rest = Duration.seconds(10)

    public let kind = "reader"
    public let selection = FrameSelection.first
    private let choice: ReaderChoice
    private let system: any ReaderSystem
    private let looks: DeviceLooks<ReaderFault>
    private let askedAt = Mutex<ContinuousClock.Instant?>(nil)

    /// Called before the process asks libfprint for anything else.
    public convenience init(_ choice: ReaderChoice) {
        self.init(choice, system: Fprint(allowsVirtual: choice.isVirtual))
    }

    package init(_ choice: ReaderChoice, system: any ReaderSystem, patience: Duration = ReaderLook.patience) {
        (self.choice, self.system) = (choice, system)
        let look = ReaderLook(choice, system: system, patience: patience)
        looks = DeviceLooks(at: "reader", remembered: ReaderLook.remembered) { look.look(for: $0, &$1) }
    }

    /// A driver that kept what it was lent keeps the library: only a new process gets it back.
    public var isStuck: Bool { looks.fault == .silent || looks.isStuck }

    public func open(_ look: FrameLook) async throws(SourceFault) -> any FrameSession { looks.begin(look) }

    /// The reader's absence, or what went wrong at the last look. What the person in front of it can change is no fault.
    public func fault() async -> String? {
        if isStuck { return ReaderFault.silence }
        if mayAsk() {
            let (choice, system) = (choice, system)
            switch await looks.ask({ choice.absence(in: system) }) {
            case .done(let absence): looks.change { absence ?? $0.flatMap(Self.stays) }
            case .late: return ReaderFault.silence
            // Somebody else asks at the same time.
            case .refused, .cancelled: break
            }
        }
        return looks.fault.map { "\($0)" }
    }

    /// Not while a capture looks, which knows better.
    private func mayAsk() -> Bool {
        guard !looks.isLooking else { return false }
        return askedAt.withLock { askedAt in
            guard askedAt.map({ ContinuousClock.now - $0 >= Self.rest }) ?? true else { return false }
            askedAt = .now
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
}

extension ReaderFault: SpokenFault {
    static let nothing = "the fingerprint reader saw no finger in time"
    static let silence = "\(ReaderFault.silent)"
}
