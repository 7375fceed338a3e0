import Encoding
import Varlink

/// The errors of one interface: a case for each that its description declares. Daemons throw them, callers get them
/// back.
public protocol InterfaceError: Error, Equatable, Sendable, CustomStringConvertible {
    /// The interface whose description declares these errors.
    static var interface: VarlinkInterface { get }

    /// The error's own name and its parameters, as the description declares them.
    var member: (name: String, parameters: [String: JSON]) { get }

    /// The error of that name; nil if the interface declares none.
    ///
    /// - Throws: where a parameter is missing or of another type.
    init?(name: String, _ parameters: Parameters) throws(VarlinkError)
}

extension InterfaceError {
    /// As a service answers it.
    public var reply: VarlinkError {
        let member = member
        return VarlinkError(Self.interface.name + "." + member.name, member.parameters)
    }

    /// What a service answered; nil for an error of another interface, for one that the interface does not declare, and
    /// for one that lacks a parameter.
    public init?(_ reply: VarlinkError) {
        let prefix = Self.interface.name + "."
        guard reply.name.hasPrefix(prefix),
            let error = try? Self(name: String(reply.name.dropFirst(prefix.count)), Parameters(reply.parameters))
        else { return nil }
        self = error
    }

    /// The error's own name as words.
    public var description: String { "\(reply)" }
}

extension VarlinkInterface {
    /// `org.semblance.Sensor`.
    public static let sensor = builtIn(PackageResources.org_semblance_Sensor_varlink)
    /// `org.semblance.Prover`.
    public static let prover = builtIn(PackageResources.org_semblance_Prover_varlink)
    /// `org.semblance.Agent`.
    public static let agent = builtIn(PackageResources.org_semblance_Agent_varlink)
    /// `org.semblance.Verifier`.
    public static let verifier = builtIn(PackageResources.org_semblance_Verifier_varlink)
}

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
