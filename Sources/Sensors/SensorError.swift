/// Why the sensor gives no sample.
public enum SensorError: Error, Equatable, Sendable {
    /// There is no sensor for the modality.
    case noSensor
    /// No usable sample in time; the advice says what would help.
    case noSample(advice: String)
    /// No model of that identity, modality and dimension is loaded.
    case modelUnknown
    /// The challenge is malformed, unsigned, expired or of an assurance that the model does not allow, or the index is not one of its samples.
    case badRequest
    /// Another capture is in progress.
    case busy
    /// The caller has gone.
    case cancelled
}

extension SensorError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .noSensor: "there is no sensor for that"
        case .noSample(let advice): advice
        case .modelUnknown: "the model is not loaded"
        case .badRequest: "the challenge is not acceptable"
        case .busy: "another capture is in progress"
        case .cancelled: "the caller has gone"
        }
    }
}
