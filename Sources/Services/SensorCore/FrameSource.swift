import Imaging

/// Where a sensor's frames come from: image files, a camera, a fingerprint reader.
///
/// A capture opens a look, asks for frames until one will do or its time is up, and closes it. What blocks, reading, decoding,
/// waiting for a device, is done on threads of the source's own; whatever it does, ``SourceGuard`` ends the wait for it.
public protocol FrameSource: Sendable {
    /// For `GetInfo`: "image-file", "camera" or "reader".
    var kind: String { get }
    /// Of how many frames the best is taken.
    var selection: FrameSelection { get }
    /// Whether something that it began does not come back, so that captures cannot be served.
    var isStuck: Bool { get }

    func open(_ look: FrameLook) async throws(SourceFault) -> any FrameSession
    /// What keeps it from giving frames, in words, as far as is known without using the device; nil where all is well.
    func fault() async -> String?
}

/// What a capture looks for.
public struct FrameLook: Sendable {
    /// What the challenges of the capture have in common.
    public let key: [UInt8]
    public let deadline: ContinuousClock.Instant

    public init(key: [UInt8], deadline: ContinuousClock.Instant) {
        (self.key, self.deadline) = (key, deadline)
    }
}

/// How many frames a capture takes the best of.
public struct FrameSelection: Sendable {
    /// Usable ones.
    public let count: Int
    /// How long after the first usable one others are looked at.
    public let time: Duration
    /// A quality that no other is waited for with.
    public let enough: Double

    /// The first usable one.
    public static let first = FrameSelection(count: 1, time: .zero, enough: 0)

    public init(count: Int, time: Duration, enough: Double) {
        (self.count, self.time, self.enough) = (count, time, enough)
    }
}

/// One look through a source, used by one task.
public protocol FrameSession: Sendable {
    /// The next frame that is new, or something to tell the person. Ends when the task is cancelled, and at the look's deadline.
    func next() async throws(SourceFault) -> FrameEvent
    /// Tells what became of a frame: advice where it could not be used, nil where it gave the sample.
    func judged(_ frame: SourceFrame, _ advice: String?)
    /// Gives the device back.
    func close() async
}

public enum FrameEvent: Sendable {
    case frame(SourceFrame)
    /// What would help.
    case advice(String)
}

/// A frame, and what its source knows it by.
public struct SourceFrame: Sendable {
    public let image: GrayImage
    public let name: String
    /// Of this frame; nil where it is what the sensor's aligners were told.
    public let dotsPerInch: Int?

    public init(image: GrayImage, name: String = "", dotsPerInch: Int? = nil) {
        (self.image, self.name, self.dotsPerInch) = (image, name, dotsPerInch)
    }
}

/// Why a source gives no frame.
public enum SourceFault: Error, Hashable, Sendable {
    /// None in time, or no other than those that could not be used; the advice is for the person in front of it.
    case nothing(advice: String)
    /// None can come; the hint is for who looks after the machine.
    case unavailable(hint: String)
    case cancelled
}

extension SourceFault: CustomStringConvertible {
    public var description: String {
        switch self {
        case .nothing(let advice): advice
        case .unavailable(let hint): hint
        case .cancelled: "cancelled"
        }
    }
}
