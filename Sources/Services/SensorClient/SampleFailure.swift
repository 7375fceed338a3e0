/// Why there is no sample.
public enum SampleFailure: Error, Equatable, Sendable {
    /// The sensor is not there, cannot be believed, or has not got what is needed; the hint says which.
    case unavailable(hint: String)
    /// The sensor works, but has seen nothing usable.
    case poorSample(advice: String)
    /// The sensor serves somebody else.
    case busy
    /// The task was cancelled.
    case cancelled
}

extension SampleFailure: CustomStringConvertible {
    public var description: String {
        switch self {
        case .unavailable(let hint): hint
        case .poorSample(let advice): advice
        case .busy: "the sensor is busy"
        case .cancelled: "cancelled"
        }
    }
}
