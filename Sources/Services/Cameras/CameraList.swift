/// The cameras of this machine, and what each can do.
public struct CameraList: Sendable {
    /// A sensor of a camera.
    public struct Entry: Equatable, Sendable {
        /// To configure it by.
        public let name: String
        public let path: String
        public let card: String
        /// Whether it sees infrared; nil where that cannot be told.
        public let isInfrared: Bool?
        /// What it would be looked through with, such as "GREY 640 x 360"; empty where nothing can be read.
        public let modes: [String]
        /// Why it gives no frames now.
        public let fault: CameraFault?

        /// One line.
        public var words: String {
            let kind = isInfrared.map { $0 ? "infrared, " : "colour, " } ?? ""
            return kind + (fault.map { "\($0)" } ?? modes.joined(separator: ", "))
        }
    }

    public let entries: [Entry]

    /// Opens each device, and starts none. Blocks as long as they do.
    public init() { self.init(KernelVideo()) }

    package init(_ system: any VideoSystem) {
        entries = system.nodes().compactMap { Self.entry($0, system) }
    }

    /// - Returns: nil for a node that is no camera's eye: of metadata, of a tuner, of an output.
    private static func entry(_ node: VideoNode, _ system: any VideoSystem) -> Entry? {
        func entry(_ isInfrared: Bool? = nil, _ modes: [CaptureMode] = [], _ fault: CameraFault? = nil) -> Entry {
            Entry(
                name: node.stableName,
                path: node.path,
                card: node.card,
                isInfrared: isInfrared,
                modes: modes.map(\.words),
                fault: fault
            )
        }
        do {
            let device = try system.open(node)
            defer { device.close() }
            guard try device.capability().isCapture else { return nil }
            let modes = CaptureMode.offered(by: device, PictureFormat.allCases)
            guard !modes.isEmpty else { return entry(nil, [], .noFormat(card: node.card)) }
            return entry(
                modes.allSatisfy(\.format.isGrey),
                modes,
                isBusy(device, modes[0]) ? .busy(path: node.path) : nil
            )
        } catch {
            return entry(nil, [], CameraFault(error, path: node.path))
        }
    }

    /// Whether another program is streaming: buffers are had by one at a time. Nothing is started.
    private static func isBusy(_ device: any VideoDevice, _ mode: CaptureMode) -> Bool {
        do {
            _ = try device.setFormat(VideoLayout(code: mode.code, width: mode.width, height: mode.height))
            return false
        } catch {
            return error.code == 16
        }
    }
}
