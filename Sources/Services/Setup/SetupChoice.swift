import Encoding

/// What is to be set up: answers to every question, whoever gave them.
public struct SetupChoice: Equatable, Sendable {
    public var sensor: SetupSensor
    public var model: SetupModel
    /// The verifier's name; nil: the one that is configured already, else ``hostName``.
    public var audience: String?
    public var hostName: String
    /// Which threshold of the model's table the verifier asks for; nil: the one that is configured already, else ``usualFalseMatchRate``.
    public var falseMatchRate: Double?
    /// Nil: nobody is enrolled.
    public var person: SetupPerson?
    public var logins: SetupLogins
    /// Whether the vault's key is sealed to this machine, where it can be.
    public var sealsKey: Bool

    public static let usualFalseMatchRate = 0.001

    public init(
        sensor: SetupSensor,
        model: SetupModel,
        audience: String? = nil,
        hostName: String,
        falseMatchRate: Double? = nil,
        person: SetupPerson? = nil,
        logins: SetupLogins = .asTheyAre,
        sealsKey: Bool = true
    ) {
        self.sensor = sensor
        self.model = model
        self.audience = audience
        self.hostName = hostName
        self.falseMatchRate = falseMatchRate
        self.person = person
        self.logins = logins
        self.sealsKey = sealsKey
    }
}

/// Where frames come from. A further kind of sensor is a case here, and an entry in `SensorFinder` of the program.
public enum SetupSensor: Hashable, Sendable {
    /// A directory of image files.
    case tray(String)
    /// A camera by the name that it is configured by, and which of its sensors: `auto`, `infrared` or `colour`.
    case camera(name: String, kind: String)
    /// A fingerprint reader by the name that it is configured by.
    case reader(name: String)

    /// What its frames show.
    public var modality: String {
        switch self {
        case .tray, .reader: "fingerprint"
        case .camera: "face"
        }
    }

    /// As the sensor calls its kind, and calibration notes do.
    public var kind: String {
        switch self {
        case .tray: "image-file"
        case .camera: "camera"
        case .reader: "reader"
        }
    }

    public var words: String {
        switch self {
        case .tray(let path): "image files in \(path)"
        case .camera(let name, let kind): "camera \(name)" + (kind == "auto" ? "" : ", \(kind)")
        case .reader(let name): "fingerprint reader \(name)"
        }
    }

    /// The instance of the units, for rights that only this kind of sensor needs; nil: the plain ones.
    var instance: String? {
        switch self {
        case .tray: nil
        case .camera: "camera"
        case .reader: "reader"
        }
    }

    public var configuration: String { "/etc/semblance/sensor\(instance.map { "-\($0)" } ?? "").json" }
    public var socket: String { "/run/semblance-sensor/\(instance ?? "sensor")" }
    public var socketUnit: String { "semblance-sensor\(instance.map { "@\($0)" } ?? "").socket" }
    public var serviceUnit: String { "semblance-sensor\(instance.map { "@\($0)" } ?? "").service" }
}

/// A network.
public struct SetupModel: Equatable, Sendable {
    public let path: String
    public let modality: String
    /// Hexadecimal.
    public let identity: String

    public init(path: String, modality: String, identity: String) {
        (self.path, self.modality, self.identity) = (path, modality, identity)
    }

    /// Where the verifier finds what it may know of it.
    public var published: String {
        let name = path.lastPathPart
        let ending = ".semblance-model"
        let stem = name.hasSuffix(ending) ? String(name.dropLast(ending.count)) : name
        return "/etc/semblance/\(stem).semblance-public"
    }
}

/// Who is enrolled, and with what.
public struct SetupPerson: Equatable, Sendable {
    public let user: String
    public let label: String
    public let samples: Int

    public init(user: String, label: String, samples: Int) {
        (self.user, self.label, self.samples) = (user, label, samples)
    }
}

/// Which logins are to ask.
public enum SetupLogins: Equatable, Sendable {
    case asTheyAre
    case everyService
    case service(String)
}
