import Glibc

/// What a camera's node says of itself (`VIDIOC_QUERYCAP`).
package struct VideoCapability: Equatable, Sendable {
    package var card: String
    package var bus: String
    /// Whether this node gives pictures, by mapped buffers; many cameras have a second node for metadata only.
    package var isCapture: Bool

    package init(card: String, bus: String, isCapture: Bool) {
        (self.card, self.bus, self.isCapture) = (card, bus, isCapture)
    }
}

/// Sizes that a format comes in; one size where the steps are 0.
package struct VideoSizes: Equatable, Sendable {
    package var widths: (least: Int, greatest: Int, step: Int)
    package var heights: (least: Int, greatest: Int, step: Int)

    package init(widths: (least: Int, greatest: Int, step: Int), heights: (least: Int, greatest: Int, step: Int)) {
        (self.widths, self.heights) = (widths, heights)
    }

    package init(width: Int, height: Int) {
        self.init(widths: (width, width, 0), heights: (height, height, 0))
    }

    package static func == (left: VideoSizes, right: VideoSizes) -> Bool {
        left.widths == right.widths && left.heights == right.heights
    }
}

/// How the driver lays out a frame, by its own word.
package struct VideoLayout: Equatable, Sendable {
    package var code: UInt32
    package var width: Int
    package var height: Int
    /// Bytes from row to row; 0 where the driver does not say.
    package var stride: Int
    /// Whether samples use all of 0...255, or 16...235.
    package var isFullRange: Bool

    package init(code: UInt32, width: Int, height: Int, stride: Int = 0, isFullRange: Bool = true) {
        (self.code, self.width, self.height, self.stride) = (code, width, height, stride)
        self.isFullRange = isFullRange
    }
}

/// A buffer that the driver says it has filled.
package struct FilledBuffer: Equatable, Sendable {
    package var index: Int
    package var used: Int
    package var isDamaged: Bool

    package init(index: Int, used: Int, isDamaged: Bool = false) {
        (self.index, self.used, self.isDamaged) = (index, used, isDamaged)
    }
}

/// A call to a video device that failed.
package struct VideoError: Error, Equatable, Sendable {
    /// The system's error number.
    package var code: Int32

    package init(code: Int32) { self.code = code }
}

extension VideoError: CustomStringConvertible {
    package var description: String { "the camera's driver refuses: \(String(cString: strerror(code)))" }
}

/// An open node of Video4Linux, used by one thread. All calls may block as long as the device does; every value that they
/// give is the driver's, and as such not to be believed.
package protocol VideoDevice: AnyObject {
    func capability() throws(VideoError) -> VideoCapability
    /// FourCCs.
    func formats() -> [UInt32]
    func sizes(of code: UInt32) -> [VideoSizes]
    func setFormat(_ layout: VideoLayout) throws(VideoError) -> VideoLayout
    /// Frames a second; some drivers have no choice.
    func setRate(_ frames: Int)
    /// Whether the camera's own shutter is closed; nil where it does not say.
    func isCovered() -> Bool?

    /// Asks for buffers and maps them; gives how many there are.
    func makeBuffers(_ count: Int) throws(VideoError) -> Int
    func start() throws(VideoError)
    /// Waits until a buffer is filled or the device is in error, at most that long.
    func wait(milliseconds: Int)
    /// Nil where none is filled.
    func dequeue() throws(VideoError) -> FilledBuffer?
    func queue(_ index: Int) throws(VideoError)
    /// The buffer's memory, valid until ``close()``. An index of no buffer gives none.
    func memory(of index: Int) -> UnsafeRawBufferPointer?
    /// Stops and gives all back; the device's light goes out. Called twice it does nothing.
    func close()
}

/// The machine's video devices.
package protocol VideoSystem: Sendable {
    func nodes() -> [VideoNode]
    func open(_ node: VideoNode) throws(VideoError) -> any VideoDevice
}

/// A node of Video4Linux, as the kernel's and udev's files name it; nothing is opened for that.
public struct VideoNode: Hashable, Sendable {
    /// Such as /dev/video0: another device's after the next start.
    public let path: String
    /// What the driver calls the device.
    public let card: String
    /// What the nodes of one device have in common.
    public let device: String
    /// The names that stay: links in /dev/v4l/by-id and /dev/v4l/by-path.
    public let links: [String]

    package init(path: String, card: String, device: String, links: [String] = []) {
        (self.path, self.card, self.device, self.links) = (path, card, device, links)
    }

    /// What to configure the camera by: the link with its serial number, that with its place, or the driver's name.
    public var stableName: String { links.first ?? card }
}
