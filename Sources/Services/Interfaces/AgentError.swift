import Encoding
import Varlink

/// The errors of `org.semblance.Agent`.
public enum AgentError: InterfaceError {
    /// No such question waits for this caller's answer (any more).
    case notFound
    /// The user has as many agents as he may have.
    case tooManyAgents
    /// The agent is not in front of the sensor.
    case presenceRequired(reason: String)

    public static let interface = VarlinkInterface.agent

    public var member: (name: String, parameters: [String: JSON]) {
        switch self {
        case .notFound: ("NotFound", [:])
        case .tooManyAgents: ("TooManyAgents", [:])
        case .presenceRequired(let reason): ("PresenceRequired", ["reason": .string(reason)])
        }
    }

    public init?(name: String, _ parameters: Parameters) throws(VarlinkError) {
        switch name {
        case "NotFound": self = .notFound
        case "TooManyAgents": self = .tooManyAgents
        case "PresenceRequired": self = .presenceRequired(reason: try parameters.string("reason"))
        default: return nil
        }
    }
}
