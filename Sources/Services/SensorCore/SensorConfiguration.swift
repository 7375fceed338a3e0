import Cameras
import Encoding
import Readers
import ServiceSupport

/// The sensor's configuration file. A flag of the program goes before the file.
public struct SensorConfiguration: ConfigurationSchema, Sendable {
    /// The socket that the program makes when it is not socket-activated.
    public var socket: String
    /// The directory of the image files.
    public var tray: String?
    /// The camera: a name that stays (see `semblance-sensor --list-cameras`), or `auto` for the first there is.
    public var camera: String?
    /// Which of the camera's sensors: `auto`, `infrared` or `colour`.
    public var cameraKind: String
    /// The fingerprint reader: a name that stays (see `semblance-sensor --list-readers`), or `auto` for the only one that gives pictures.
    public var reader: String?
    /// What ridges look like in its pictures: `dark`, as libfprint hands them on, or `light` where the driver does not say so.
    public var readerRidges: String
    /// Model files.
    public var models: [String]
    /// The face cascade, for models that want a face aligned.
    public var cascade: String?
    /// The localiser's model file, for models that want a finger aligned.
    public var localiser: String?
    /// The resolution of fingerprint pictures; of a reader's only where its driver does not say, or is wrong.
    public var dotsPerInch: Int?
    /// The seat that the sensor belongs to, such as `seat0`; it is told the prover, which holds it against its own configuration.
    public var seat: String?
    /// The file of the master secret; made when it is missing.
    public var secret: String
    /// The user that the prover daemon runs as: a name or a uid.
    public var proverUser: String

    public static let defaults: [(key: String, value: JSON)] = [
        ("socket", "/run/semblance-sensor/sensor"), ("cameraKind", .string(CameraKind.auto.rawValue)),
        ("readerRidges", .string(ReaderChoice.Ridges.dark.rawValue)), ("models", []),
        ("secret", "/var/lib/semblance-sensor/secret"), ("proverUser", "semblance"),
    ]

    /// Where frames come from.
    public enum Source: Equatable, Sendable {
        case tray(String)
        /// Nil: the first camera there is.
        case camera(name: String?, kind: CameraKind)
        case reader(ReaderChoice)
    }

    /// What the file and the flags come to; further kinds of sensors belong here.
    public func source() throws(ConfigurationFault) -> Source {
        guard let kind = CameraKind(rawValue: cameraKind) else {
            throw .wrongValue(key: "cameraKind", reason: "\"\(cameraKind)\" is none of auto, infrared and colour")
        }
        guard let ridges = ReaderChoice.Ridges(rawValue: readerRidges) else {
            throw .wrongValue(key: "readerRidges", reason: "must be dark or light, not \"\(readerRidges)\"")
        }
        switch (tray, camera, reader) {
        case (let tray?, nil, nil): return .tray(tray)
        case (nil, let camera?, nil): return .camera(name: Self.name(camera), kind: kind)
        case (nil, nil, let reader?):
            return .reader(ReaderChoice(name: Self.name(reader), dotsPerInch: dotsPerInch, ridges: ridges))
        case (nil, nil, nil):
            throw .wrongValue(
                key: "tray",
                reason: "no source of frames: name a camera, a reader, or a tray, a directory of image files"
            )
        default:
            throw .wrongValue(
                key: "camera",
                reason: "several sources of frames, of camera, reader and tray: run a sensor for each"
            )
        }
    }

    /// Nil for whichever there is.
    private static func name(_ text: String) -> String? { text == "auto" ? nil : text }
}
