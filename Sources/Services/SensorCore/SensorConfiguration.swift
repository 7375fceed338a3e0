import ServiceSupport

/// The sensor's configuration file. A flag of the program goes before the file.
public struct SensorConfiguration: Decodable, Sendable {
    /// The socket that the program makes when it is not socket-activated.
    public var socket: String?
    /// The directory of the image files.
    public var tray: String?
    /// The camera: a name that stays (see `semblance-sensor --list-cameras`), or `auto` for the first there is.
    public var camera: String?
    /// Which of the camera's sensors: `auto`, `infrared` or `colour`.
    public var cameraKind: String?
    /// The fingerprint reader: a name that stays (see `semblance-sensor --list-readers`), or `auto` for the only one that gives pictures.
    public var reader: String?
    /// What ridges look like in its pictures: `dark`, as libfprint hands them on, or `light` where the driver does not say so.
    public var readerRidges: String?
    /// Model files.
    public var models: [String]?
    /// The face cascade, for models that want a face aligned.
    public var cascade: String?
    /// The localiser's model file, for models that want a finger aligned.
    public var localiser: String?
    /// The resolution of fingerprint pictures; of a reader's only where its driver does not say, or is wrong.
    public var dotsPerInch: Int?
    /// The seat that the sensor belongs to, such as `seat0`; it is told the prover, which holds it against its own configuration.
    public var seat: String?
    /// The file of the master secret; made when it is missing.
    public var secret: String?
    /// The user that the prover daemon runs as: a name or a uid.
    public var proverUser: String?

    public init() {}

    /// Reads a configuration file; see `ConfigurationFile`.
    public static func load(_ path: String) throws(FileError) -> SensorConfiguration {
        try ConfigurationFile.load(SensorConfiguration.self, from: path)
    }
}
