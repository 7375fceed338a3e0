import ArgumentParser
import Cameras
import Devices
import Encoding
import Glibc
import IntegerNetwork
import Logging
import Readers
import SensorCore
import ServiceSupport

/// Where the frames come from.
extension SensorCommand {
    func source(
        _ configuration: SensorConfiguration,
        _ models: [EmbeddingModel],
        _ logger: Logger
    ) throws -> any FrameSource {
        let source = try configuration.source()
        try Self.checkModality(models, of: source)
        switch source {
        case .tray(let tray):
            logger.notice("frames come from image files, not from a camera", metadata: ["tray": "\(tray)"])
            return TraySource(directory: tray)
        case .camera(let name, let kind):
            logger.notice(
                "frames come from a camera",
                metadata: ["camera": "\(name ?? "auto")", "kind": "\(kind.rawValue)"]
            )
            return CameraSource(CameraChoice(name: name, kind: kind))
        case .reader(let choice):
            logger.notice("frames come from a fingerprint reader", metadata: ["reader": "\(choice.name ?? "auto")"])
            if choice.isVirtual {
                logger.warning("the reader is one of libfprint's test readers: it shows what a program gives it")
            }
            return ReaderSource(choice)
        }
    }

    /// Devices see one modality; a tray has what is put there.
    static func checkModality(_ models: [EmbeddingModel], of source: SensorConfiguration.Source) throws {
        switch source {
        case .tray: return
        case .camera:
            guard models.allSatisfy({ $0.modality == "face" }) else {
                throw ProgramFailure(
                    "a camera sees faces only: give it models of faces, and fingers a sensor of their own"
                )
            }
        case .reader:
            guard models.allSatisfy({ $0.modality == "fingerprint" }) else {
                throw ProgramFailure(
                    "a fingerprint reader sees fingers only: give it models of fingers, and faces a sensor of their own"
                )
            }
        }
    }

    static func printCameras() {
        let cameras = CameraList().entries
        if cameras.isEmpty { print("no camera") }
        for camera in cameras {
            print(camera.name)
            print("    \(camera.card), \(camera.path) now: \(camera.words)")
        }
    }

    /// Whoever serves as.
    static let account = "semblance-sensor"
    /// A driver that hangs must not leave a process behind.
    private static let listingSeconds: UInt32 = 10

    /// Starts anew in a session of its own: what then has another user must not have root's terminal, into which it could type
    /// (TIOCSTI).
    private static func leaveTerminal() throws {
        guard getsid(0) != getpid() else { return }
        let starter = "/usr/bin/setsid"
        var own = [CChar](repeating: 0, count: Int(PATH_MAX))
        guard readlink("/proc/self/exe", &own, own.count - 1) > 0 else {
            throw ProgramFailure("/proc/self/exe cannot be read: \(String(cString: strerror(errno)))")
        }
        let words =
            [strdup(starter), strdup("--wait"), strdup(own)] + CommandLine.arguments.dropFirst().map { strdup($0) }
        execv(starter, words + [nil])
        throw ProgramFailure("\(starter) cannot be run, and root lists readers in a session of its own only")
    }

    /// Root has libfprint's drivers ask no device: it becomes the sensor's user first.
    static func printReaders(asJSON: Bool) throws {
        if geteuid() == 0 {
            try leaveTerminal()
            try Hardening.leaveRoot(for: account)
        }
        alarm(listingSeconds)
        let listing = ReaderList().listing
        guard !asJSON else { return print(String(decoding: listing.json.encode(), as: UTF8.self)) }
        if let fault = listing.fault { return print(fault) }
        if listing.entries.isEmpty { print("no fingerprint reader that libfprint knows") }
        for reader in listing.entries {
            print(reader.name)
            print("    \(reader.words)")
        }
    }
}

extension CameraKind: ExpressibleByArgument {}
extension ReaderChoice.Ridges: ExpressibleByArgument {}
