import CV4L2
import Glibc

/// A node of the running kernel's Video4Linux.
final class KernelVideoDevice: VideoDevice {
    /// A frame of the greatest area at two bytes a pixel, twice over.
    private static let maximumBufferLength = 64 << 20
    /// Enumerations that a driver never ends are ended here.
    private static let maximumEntries: UInt32 = 64

    private let descriptor: Int32
    private var buffers: [UnsafeRawBufferPointer] = []
    private var isStreaming = false
    private var isOpen = true

    init(_ descriptor: Int32) { self.descriptor = descriptor }

    deinit { close() }

    func capability() throws(VideoError) -> VideoCapability {
        var found = semblance_video_capability()
        try Self.check(semblance_video_capability(descriptor, &found))
        let needed = CV4L2.semblance_video_capture | CV4L2.semblance_video_streaming
        return VideoCapability(
            card: withUnsafeBytes(of: found.card) { PrintableText.of($0) },
            bus: withUnsafeBytes(of: found.bus) { PrintableText.of($0) },
            isCapture: found.capabilities & needed == needed
                && found.capabilities & CV4L2.semblance_video_metadata == 0
        )
    }

    func formats() -> [UInt32] {
        var codes: [UInt32] = []
        for index in 0..<Self.maximumEntries {
            var code: UInt32 = 0
            guard semblance_video_enumerate_format(descriptor, index, &code) == 0 else { break }
            codes.append(code)
        }
        return codes
    }

    func sizes(of code: UInt32) -> [VideoSizes] {
        var sizes: [VideoSizes] = []
        for index in 0..<Self.maximumEntries {
            var size = semblance_video_size()
            guard semblance_video_enumerate_size(descriptor, index, code, &size) == 0 else { break }
            sizes.append(
                VideoSizes(
                    widths: (Int(size.least_width), Int(size.greatest_width), Int(size.width_step)),
                    heights: (Int(size.least_height), Int(size.greatest_height), Int(size.height_step))
                )
            )
        }
        return sizes
    }

    func setFormat(_ layout: VideoLayout) throws(VideoError) -> VideoLayout {
        var format = semblance_video_format()
        format.code = layout.code
        format.width = UInt32(clamping: layout.width)
        format.height = UInt32(clamping: layout.height)
        try Self.check(semblance_video_set_format(descriptor, &format))
        return VideoLayout(
            code: format.code,
            width: Int(format.width),
            height: Int(format.height),
            stride: Int(format.bytes_per_line),
            isFullRange: format.is_full_range != 0
        )
    }

    func setRate(_ frames: Int) { _ = semblance_video_set_rate(descriptor, UInt32(clamping: frames)) }

    func isCovered() -> Bool? {
        let answer = semblance_video_is_covered(descriptor)
        return answer < 0 ? nil : answer == 1
    }

    func makeBuffers(_ count: Int) throws(VideoError) -> Int {
        let made = semblance_video_request_buffers(descriptor, UInt32(clamping: count))
        try Self.check(made)
        // More than was asked for may be there; those are never queued.
        for index in 0..<min(Int(made), count) {
            var start: UnsafeRawPointer?
            var length = 0
            let index = UInt32(index)
            try Self.check(semblance_video_map(descriptor, index, Self.maximumBufferLength, &start, &length))
            buffers.append(UnsafeRawBufferPointer(start: start, count: length))
        }
        return buffers.count
    }

    func start() throws(VideoError) {
        try Self.check(semblance_video_start(descriptor))
        isStreaming = true
    }

    func wait(milliseconds: Int) { _ = semblance_video_wait(descriptor, Int32(clamping: milliseconds)) }

    func dequeue() throws(VideoError) -> FilledBuffer? {
        var buffer = semblance_video_buffer()
        guard semblance_video_dequeue(descriptor, &buffer) == 0 else {
            if errno == EAGAIN { return nil }
            throw VideoError(code: errno)
        }
        return FilledBuffer(index: Int(buffer.index), used: Int(buffer.used), isDamaged: buffer.is_damaged != 0)
    }

    func queue(_ index: Int) throws(VideoError) {
        try Self.check(semblance_video_queue(descriptor, UInt32(clamping: index)))
    }

    func memory(of index: Int) -> UnsafeRawBufferPointer? { buffers.indices.contains(index) ? buffers[index] : nil }

    func close() {
        guard isOpen else { return }
        isOpen = false
        if isStreaming { _ = semblance_video_stop(descriptor) }
        for buffer in buffers { semblance_video_unmap(buffer.baseAddress, buffer.count) }
        if !buffers.isEmpty { _ = semblance_video_request_buffers(descriptor, 0) }
        buffers = []
        Glibc.close(descriptor)
    }

    private static func check(_ result: Int32) throws(VideoError) {
        guard result >= 0 else { throw VideoError(code: errno) }
    }
}
