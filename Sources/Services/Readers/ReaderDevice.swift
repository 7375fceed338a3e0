/// A fingerprint reader, as its driver names it.
public struct ReaderDescription: Hashable, Sendable {
    /// What libfprint calls the driver, such as "upektc_img".
    public let driver: String
    /// What the driver tells two devices apart by; "0" where it does not.
    public let identifier: String
    /// For people.
    public let product: String
    /// Whether the finger is drawn over it, and not put on it.
    public let isSwipe: Bool
    /// False where it compares fingers on its own chip.
    public let givesPictures: Bool

    package init(
        driver: String,
        identifier: String = "0",
        product: String,
        isSwipe: Bool = false,
        givesPictures: Bool = true
    ) {
        (self.driver, self.identifier, self.product) = (driver, identifier, product)
        (self.isSwipe, self.givesPictures) = (isSwipe, givesPictures)
    }

    /// What to configure it by: the driver's name and, where it has one, the device's.
    public var stableName: String { identifier == "0" ? driver : driver + ":" + identifier }
}

/// What a driver is asked to do.
package enum ReaderStep: Equatable, Sendable {
    /// - Parameter index: among the readers of the visit.
    case open(index: Int)
    /// Waits for a finger, takes its picture, and ends when the finger has gone.
    case capture
    case close
}

/// How a step failed, by the library's word.
package enum ReaderError: Error, Equatable, Sendable {
    case tooShort
    case offCentre
    case mustLift
    case again
    case cancelled
    case busy
    case denied
    case removed
    case tooHot
    case unsupported
    case other(String)
}

extension ReaderError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .tooShort: "the finger was there too briefly"
        case .offCentre: "the finger is not in the middle"
        case .mustLift: "the finger must be lifted"
        case .again: "the finger must be presented again"
        case .cancelled: "cancelled"
        case .busy: "another program is using the reader"
        case .denied: "this user may not open the reader"
        case .removed: "the reader is gone"
        case .tooHot: "the reader is too hot"
        case .unsupported: "the reader cannot do this"
        case .other(let words): words
        }
    }
}

/// A picture in the driver's memory; every value is the driver's, and as such not to be believed.
package struct DriverPicture {
    package var width: Int
    package var height: Int
    /// Row by row, ridges dark.
    package var bytes: UnsafeBufferPointer<UInt8>
    /// Pixels a millimetre; 0 where the driver does not say.
    package var perMillimetre: Double

    package init(width: Int, height: Int, bytes: UnsafeBufferPointer<UInt8>, perMillimetre: Double) {
        (self.width, self.height, self.bytes, self.perMillimetre) = (width, height, bytes, perMillimetre)
    }
}

/// A look at the machine's readers, used by one thread. One step at a time; whoever leaves has closed what he opened.
package protocol ReaderVisit: AnyObject {
    var readers: [ReaderDescription] { get }
    /// Whether a finger lies there whose picture was taken.
    var isFingerToLift: Bool { get }

    func begin(_ step: ReaderStep)
    /// Lets the driver work until the step has ended, at most that long; whether it has.
    func work(milliseconds: Int) -> Bool
    /// Lets the driver tidy up between steps, for that long.
    func rest(milliseconds: Int)
    /// Asks for an early end of the step, which comes in the driver's own time.
    func cancel()
    /// How the step that has ended did.
    func outcome() throws(ReaderError)
    /// What a capture gave; valid until the next step.
    func picture() -> DriverPicture?
    /// - Parameter isOver: false where a step has not ended: what it uses is then left to it.
    func leave(isOver: Bool)
}

/// The machine's readers.
package protocol ReaderSystem: Sendable {
    /// Asks which there are. Blocks as long as USB does, and as long as another visit takes, up to a limit.
    func visit() throws(ReaderFault) -> any ReaderVisit
}
