import CV4L2
import Encoding
import FoundationEssentials
import Glibc

/// Video4Linux of the running kernel.
package struct KernelVideo: VideoSystem {
    /// Where the kernel lists its nodes, and udev its links; by-id goes first, as it tells the device wherever it is plugged in.
    private static let classDirectory = "/sys/class/video4linux"
    private static let linkDirectories = ["/dev/v4l/by-id", "/dev/v4l/by-path"]
    private static let maximumNodes = 64

    package init() {}

    package func nodes() -> [VideoNode] {
        let links = Self.links()
        return Self.names(in: Self.classDirectory).filter(Self.isNode).prefix(Self.maximumNodes).map { name in
            let path = "/dev/" + name
            let place = Self.classDirectory + "/" + name
            return VideoNode(
                path: path,
                card: Self.text(place + "/name") ?? name,
                device: Self.device(place + "/device") ?? name,
                links: links.filter { $0.target == path }.map(\.link)
            )
        }
    }

    package func open(_ node: VideoNode) throws(VideoError) -> any VideoDevice {
        let descriptor = semblance_video_open(node.path)
        guard descriptor >= 0 else { throw VideoError(code: errno) }
        return KernelVideoDevice(descriptor)
    }

    private static func isNode(_ name: String) -> Bool {
        name.hasPrefix("video") && name.count <= 8 && name.dropFirst(5).allSatisfy(\.isNumber) && name.count > 5
    }

    /// In the order of their numbers.
    private static func names(in directory: String) -> [String] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: directory)) ?? []
        return names.sorted { ($0.count, $0) < ($1.count, $1) }
    }

    private static func links() -> [(link: String, target: String)] {
        linkDirectories.flatMap { directory in
            names(in: directory).sorted().compactMap { name in
                let link = directory + "/" + name
                guard let target = try? FileManager.default.destinationOfSymbolicLink(atPath: link) else { return nil }
                return (link, "/dev/" + target.lastPathPart)
            }
        }
    }

    private static func text(_ path: String) -> String? {
        guard let data = FileManager.default.contents(atPath: path) else { return nil }
        return PrintableText.of(data.prefix(64))
    }

    /// The interfaces of a USB device are one device: a camera's infrared sensor is often another interface of it.
    private static func device(_ link: String) -> String? {
        guard let resolved = realpath(link, nil) else { return nil }
        defer { free(resolved) }
        let path = String(cString: resolved)
        let last = path.lastPathPart
        return last.contains(":") && last.contains("-") ? String(path.dropLast(last.utf8.count + 1)) : path
    }
}

/// Text that a device gave, fit for a terminal and a log.
enum PrintableText {
    static func of(_ bytes: some Sequence<UInt8>) -> String {
        let text = String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
        let printable = text.unicodeScalars.map { scalar -> Character in
            switch scalar.properties.generalCategory {
            case .control, .format, .privateUse, .surrogate, .unassigned, .lineSeparator, .paragraphSeparator: " "
            default: Character(scalar)
            }
        }
        let start = printable.drop { $0 == " " }
        return String(start.reversed().drop { $0 == " " }.reversed())
    }
}
