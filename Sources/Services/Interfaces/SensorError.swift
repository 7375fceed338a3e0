import Encoding
import Varlink

/// The errors of `org.semblance.Sensor`: why the sensor gives no sample.
public enum SensorError: InterfaceError {
    /// There is no sensor for the modality.
    case noSensor
    /// No usable sample in time; the advice says what would help.
    case noSample(advice: String)
    /// No model of that identity, modality and dimension is loaded.
    case modelUnknown
    /// The challenge is malformed, unsigned, expired or of an assurance that the model does not allow, or the index is
    /// not one of its samples.
    case badRequest
    /// Another capture is in progress.
    case busy
    /// The device gives no frames; the hint says what to do about it.
    case unavailable(hint: String)
    /// The caller has gone. Nobody reads the reply, which is that of ``noSample(advice:)``.
    case cancelled

    public static let interface = VarlinkInterface.sensor

    public var member: (name: String, parameters: [String: JSON]) {
        switch self {
        case .noSensor: ("NoSensor", [:])
        case .noSample(let advice): ("NoSample", ["advice": .string(advice)])
        case .modelUnknown: ("ModelUnknown", [:])
        case .badRequest: ("BadRequest", [:])
        case .busy: ("Busy", [:])
        case .unavailable(let hint): ("Unavailable", ["hint": .string(hint)])
        case .cancelled: ("NoSample", ["advice": "the caller has gone"])
        }
    }

    public init?(name: String, _ parameters: Parameters) throws(VarlinkError) {
        switch name {
        case "NoSensor": self = .noSensor
        case "NoSample": self = .noSample(advice: try parameters.string("advice"))
        case "ModelUnknown": self = .modelUnknown
        case "BadRequest": self = .badRequest
        case "Busy": self = .busy
        case "Unavailable": self = .unavailable(hint: try parameters.string("hint"))
        default: return nil
        }
    }

    public var description: String {
        switch self {
        case .noSensor: "there is no sensor for that"
        case .noSample(let advice): advice
        case .modelUnknown: "the model is not loaded"
        case .badRequest: "the challenge is not acceptable"
        case .busy: "another capture is in progress"
        case .unavailable(let hint): hint
        case .cancelled: "the caller has gone"
        }
    }
}
