import Glibc

/// A camera that is giving frames. Blocking, for one thread. Everything that the driver says is checked here.
final class CameraStream {
    private static let bufferCount = 4
    /// A camera needs so long to its first frame, more after a start of the machine.
    static let longestSilence = Duration.seconds(3)
    /// Modes that are tried where the bus has no room.
    private static let maximumTries = 3

    let node: VideoNode
    let isInfrared: Bool
    let layout: PictureLayout
    private let device: any VideoDevice
    private let bufferCount: Int
    private var depth: UInt16 = 0
    private var lastFrame = ContinuousClock.now

    /// Opens the camera, agrees on a mode, and starts it.
    static func start(_ choice: CameraChoice, _ system: any VideoSystem) throws(CameraFault) -> CameraStream {
        let found = try choice.open(system)
        do {
            return try start(found)
        } catch {
            found.device.close()
            throw error
        }
    }

    private static func start(_ found: CameraChoice.Found) throws(CameraFault) -> CameraStream {
        var (device, refusal) = (found.device, CameraFault.noBandwidth)
        for (index, mode) in found.modes.prefix(maximumTries).enumerated() {
            do {
                // A device that has refused to start keeps its buffers, and their format: it is opened again.
                if index > 0 { device = try found.reopen() }
                return try CameraStream(found, device, mode)
            } catch {
                device.close()
                refusal = error
                guard error == .noBandwidth else { throw error }
            }
        }
        throw refusal
    }

    private init(
        _ found: CameraChoice.Found,
        _ device: any VideoDevice,
        _ mode: CaptureMode
    ) throws(CameraFault) {
        (node, isInfrared, self.device) = (found.node, found.isInfrared, device)
        do {
            let wanted = VideoLayout(code: mode.code, width: mode.width, height: mode.height)
            let answer = try device.setFormat(wanted)
            guard let layout = PictureLayout(answer), layout.format == mode.format else {
                throw CameraFault.nonsense(
                    "a picture of \(answer.width) x \(answer.height), \(answer.stride) bytes a row"
                )
            }
            self.layout = layout
            device.setRate(30)
            let made = try device.makeBuffers(Self.bufferCount)
            guard made >= 2 else { throw CameraFault.nonsense("\(made) buffers") }
            bufferCount = min(made, Self.bufferCount)
            for index in 0..<bufferCount { try device.queue(index) }
            try device.start()
        } catch let fault as CameraFault {
            throw fault
        } catch let error as VideoError {
            throw CameraFault(error, path: found.node.path)
        } catch {
            throw .failed(code: EIO)
        }
    }

    func isCovered() -> Bool? { device.isCovered() }

    /// The next frame that the driver fills; nil where none came soon, or one that nobody wants was given back.
    ///
    /// - Parameter isWanted: else the frame is given back unread, so that the next one is new when it is wanted.
    func next(isWanted: Bool) throws(CameraFault) -> PictureLayout.Picture? {
        let buffer: FilledBuffer?
        do {
            device.wait(milliseconds: 50)
            buffer = try device.dequeue()
        } catch {
            throw CameraFault(error, path: node.path)
        }
        guard let buffer else {
            let silence = ContinuousClock.now - lastFrame
            guard silence < Self.longestSilence else { throw .silent(seconds: Int(silence.components.seconds)) }
            // A device in error is always ready and has nothing.
            usleep(5000)
            return nil
        }
        if !isWanted, !buffer.isDamaged { lastFrame = .now }
        let picture = Result { () throws(CameraFault) in try isWanted ? read(buffer) : nil }
        do {
            try device.queue(buffer.index)
        } catch {
            throw CameraFault(error, path: node.path)
        }
        let result = try picture.get()
        // Frames that are all damaged are as good as none.
        let silence = ContinuousClock.now - lastFrame
        guard result != nil || silence < Self.longestSilence else {
            throw .silent(seconds: Int(silence.components.seconds))
        }
        return result
    }

    private func read(_ buffer: FilledBuffer) throws(CameraFault) -> PictureLayout.Picture? {
        guard (0..<bufferCount).contains(buffer.index), let memory = device.memory(of: buffer.index) else {
            throw .nonsense("buffer \(buffer.index) of \(bufferCount)")
        }
        guard (0...memory.count).contains(buffer.used) else {
            throw .nonsense("\(buffer.used) bytes in a buffer of \(memory.count)")
        }
        guard !buffer.isDamaged else { return nil }
        do {
            let bytes = UnsafeRawBufferPointer(rebasing: memory.prefix(buffer.used))
            let picture = try layout.picture(bytes, depth: &depth)
            lastFrame = .now
            return picture
        } catch {
            switch error {
            // One that got lost on the way; a camera that gives no others is as good as silent.
            case .damaged: return nil
            case .tenBitsAsEight: throw .tenBitsAsEight
            }
        }
    }

    func stop() { device.close() }
}
