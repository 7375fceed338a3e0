import Presence
import ServiceSupport

/// The daemon's configuration file. Every option has a default, and a flag of the program goes before the file.
public struct ProverConfiguration: Decodable, Sendable {
    /// The socket that the daemon makes when it is not socket-activated.
    public var socket: String?
    /// The vault's directory.
    public var vault: String?
    /// The key file for when the service manager passes no credential `vault-key`; default: `key` in the vault.
    public var keyFile: String?
    /// The sensor's socket.
    public var sensorSocket: String?
    /// The user that the sensor runs as: a name or a uid.
    public var sensorUser: String?
    /// See ``ProverSettings/selfEnrol``.
    public var selfEnrol: Bool?
    /// See ``ProverSettings/verifiers``.
    public var verifiers: [String: VerifierEntry]?
    /// See ``ProverSettings/captureTimeout``; 1 to 120.
    public var captureTimeoutSeconds: Int?

    /// `session` (an active local session on the sensor's seat is demanded, as logind tells it) or `none`.
    public var presence: String?
    /// The sensor's seat; default: `seat0`.
    public var seat: String?
    /// Units of display managers that are not among the known ones.
    public var displayManagers: [String]?
    /// Model files, for proofs of assurance `head` and `full`.
    public var models: [String]?

    public init() {}

    /// Reads a configuration file; see `ConfigurationFile`.
    public static func load(_ path: String) throws(FileError) -> ProverConfiguration {
        let configuration = try ConfigurationFile.load(ProverConfiguration.self, from: path)
        do {
            _ = try configuration.settings()
            _ = try configuration.presencePolicy()
        } catch {
            throw .malformed(path: path, reason: error.reason)
        }
        return configuration
    }

    /// An option with an impossible value.
    public struct Invalid: Error, Equatable {
        public let reason: String
    }

    /// The settings that the file states.
    public func settings() throws(Invalid) -> ProverSettings {
        var settings = ProverSettings()
        settings.selfEnrol = selfEnrol ?? false
        if let seconds = captureTimeoutSeconds {
            guard (1...120).contains(seconds) else {
                throw Invalid(reason: "\"captureTimeoutSeconds\": must be 1 to 120")
            }
            settings.captureTimeout = .seconds(seconds)
        }
        for (audience, entry) in verifiers ?? [:] {
            settings.verifiers[audience] = try entry.pin(audience)
        }
        return settings
    }

    /// Whether captures are made without asking whether anybody is here.
    public var ignoresPresence: Bool { presence == "none" }

    /// Who counts as being in front of the sensor.
    public func presencePolicy() throws(Invalid) -> PresencePolicy {
        let seat = seat ?? "seat0"
        let letters = Set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_")
        guard seat.hasPrefix("seat"), seat.count <= 255, seat.allSatisfy(letters.contains) else {
            throw Invalid(reason: "\"seat\": must be a seat's name, such as seat0")
        }
        switch presence ?? "session" {
        case "session": return .session(seat: seat, displayManagers: Set(displayManagers ?? []))
        case "none": return .none
        default: throw Invalid(reason: "\"presence\": must be \"session\" or \"none\"")
        }
    }
}
