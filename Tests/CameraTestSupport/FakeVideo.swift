import CV4L2
import Cameras
import Foundation
import Synchronization

/// A machine whose video devices do as a test says.
package final class FakeVideo: VideoSystem {
    package struct Entry: Sendable {
        package var node: VideoNode
        package var behaviour: FakeDevice.Behaviour

        package init(_ node: VideoNode, _ behaviour: FakeDevice.Behaviour) {
            (self.node, self.behaviour) = (node, behaviour)
        }
    }

    private struct State {
        var entries: [Entry]
        var opened = 0
        var open = 0
    }

    private let state: Mutex<State>
    private let frames = FrameCounter()

    package init(_ entries: [Entry]) { state = Mutex(State(entries: entries)) }

    /// One camera, `/dev/video0`, "Fake Camera".
    package convenience init(_ behaviour: FakeDevice.Behaviour) {
        self.init([Entry(Self.node(), behaviour)])
    }

    package static func node(
        _ number: Int = 0,
        card: String = "Fake Camera",
        device: String = "usb-1",
        links: [String] = []
    ) -> VideoNode {
        VideoNode(path: "/dev/video\(number)", card: card, device: device, links: links)
    }

    package func nodes() -> [VideoNode] { state.withLock { $0.entries.map(\.node) } }

    package func open(_ node: VideoNode) throws(VideoError) -> any VideoDevice {
        let (entry, count) = state.withLock { state in
            state.opened += 1
            return (state.entries.first { $0.node == node }, state.opened)
        }
        guard let entry else { throw VideoError(code: ENOENT) }
        if let code = entry.behaviour.openError?(count) { throw VideoError(code: code) }
        state.withLock { $0.open += 1 }
        return FakeDevice(entry.behaviour, frames) { self.state.withLock { $0.open -= 1 } }
    }

    /// Devices that are open: those whose light may be on.
    package var openCount: Int { state.withLock { $0.open } }
    package var openings: Int { state.withLock { $0.opened } }

    package func plug(_ entries: [Entry]) { state.withLock { $0.entries = entries } }
}

/// Frames are counted over all openings: a camera does not begin anew.
final class FrameCounter: Sendable {
    private let count = Atomic(0)

    var value: Int { count.load(ordering: .relaxed) }
    func advance() { count.add(1, ordering: .relaxed) }
}

/// A camera that says and gives what a test wants.
package final class FakeDevice: VideoDevice {
    package struct Behaviour: Sendable {
        package var isCapture = true
        package var formats = [semblance_video_yuyv]
        package var sizes = [VideoSizes(width: 640, height: 480)]
        /// Of the opening with that number, from 1; nil: it opens.
        package var openError: (@Sendable (Int) -> Int32?)?
        package var formatError: Int32?
        /// What the driver makes of the format that it is asked for.
        package var answer: @Sendable (VideoLayout) -> VideoLayout = { $0 }
        package var bufferCount: @Sendable (Int) -> Int = { $0 }
        package var startError: @Sendable (VideoLayout) -> Int32? = { _ in nil }
        package var covered: Bool?
        /// The bytes of the frame with that number, from 0; nil: none comes.
        package var frame: @Sendable (Int, VideoLayout) -> [UInt8]? = FakeDevice.noise
        /// What the driver says it has filled, instead of the truth.
        package var filled: (@Sendable (Int, FilledBuffer) -> FilledBuffer)?
        package var dequeueError: @Sendable (Int) -> Int32? = { _ in nil }
        /// Holds up whoever waits for a frame.
        package var onWait: (@Sendable () -> Void)?

        package init() {}
    }

    private let behaviour: Behaviour
    private let onClose: () -> Void
    private var layout = VideoLayout(code: 0, width: 0, height: 0)
    private var buffers: [UnsafeMutableRawBufferPointer] = []
    private var queued: [Int] = []
    private let frames: FrameCounter
    private var isOpen = true

    init(_ behaviour: Behaviour, _ frames: FrameCounter, onClose: @escaping () -> Void) {
        (self.behaviour, self.frames, self.onClose) = (behaviour, frames, onClose)
    }

    deinit { close() }

    /// Grey noise about 120, another one each time.
    package static func noise(_ number: Int, _ layout: VideoLayout) -> [UInt8] {
        var state = UInt64(number) &* 0x9e37_79b9_7f4a_7c15 &+ 1
        return (0..<frameBytes(layout)).map { _ in
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return UInt8(truncatingIfNeeded: 100 + state >> 33 % 41)
        }
    }

    /// A YUYV frame of one luma and chroma.
    package static func yuyv(luma: UInt8, chroma: UInt8) -> @Sendable (Int, VideoLayout) -> [UInt8]? {
        { _, layout in (0..<frameBytes(layout)).map { $0 % 2 == 0 ? luma : chroma } }
    }

    /// A frame of one byte all over.
    package static func plain(_ byte: UInt8) -> @Sendable (Int, VideoLayout) -> [UInt8]? {
        { _, layout in [UInt8](repeating: byte, count: frameBytes(layout)) }
    }

    package static func frameBytes(_ layout: VideoLayout) -> Int {
        let isWide = PictureFormat(code: layout.code)?.isWide == true
        let row = layout.stride > 0 ? layout.stride : layout.width * (isWide ? 2 : 1)
        return layout.code == semblance_video_nv12 ? row * layout.height * 3 / 2 : row * layout.height
    }

    package func capability() throws(VideoError) -> VideoCapability {
        VideoCapability(card: "Fake Camera", bus: "usb-1", isCapture: behaviour.isCapture)
    }

    package func formats() -> [UInt32] { behaviour.formats }
    package func sizes(of code: UInt32) -> [VideoSizes] { behaviour.sizes }
    package func setRate(_ frames: Int) {}
    package func isCovered() -> Bool? { behaviour.covered }

    package func setFormat(_ layout: VideoLayout) throws(VideoError) -> VideoLayout {
        if let code = behaviour.formatError { throw VideoError(code: code) }
        self.layout = behaviour.answer(layout)
        return self.layout
    }

    package func makeBuffers(_ count: Int) throws(VideoError) -> Int {
        let made = behaviour.bufferCount(count)
        let size = min(max(FakeDevice.frameBytes(layout), 1), 32 << 20)
        for _ in 0..<min(max(made, 0), 32) {
            buffers.append(.allocate(byteCount: size, alignment: 16))
        }
        return made
    }

    package func start() throws(VideoError) {
        if let code = behaviour.startError(layout) { throw VideoError(code: code) }
    }

    package func wait(milliseconds: Int) {
        behaviour.onWait?()
        usleep(1000)
    }

    package func dequeue() throws(VideoError) -> FilledBuffer? {
        let count = frames.value
        if let code = behaviour.dequeueError(count) { throw VideoError(code: code) }
        guard let index = queued.first, let bytes = behaviour.frame(count, layout) else { return nil }
        queued.removeFirst()
        bytes.prefix(buffers[index].count).withUnsafeBytes { buffers[index].copyMemory(from: $0) }
        let truth = FilledBuffer(index: index, used: min(bytes.count, buffers[index].count))
        frames.advance()
        return behaviour.filled?(count, truth) ?? truth
    }

    package func queue(_ index: Int) throws(VideoError) {
        guard buffers.indices.contains(index) else { throw VideoError(code: EINVAL) }
        queued.append(index)
    }

    package func memory(of index: Int) -> UnsafeRawBufferPointer? {
        buffers.indices.contains(index) ? UnsafeRawBufferPointer(buffers[index]) : nil
    }

    package func close() {
        guard isOpen else { return }
        isOpen = false
        for buffer in buffers { buffer.deallocate() }
        buffers = []
        onClose()
    }
}

extension PictureFormat {
    fileprivate var isWide: Bool { [.yuyv, .y10, .y16].contains(self) }
}
