import Encoding
import IntegerNetwork
import Presence
import ServiceSupport

/// The daemon's configuration file. A flag of the program goes before the file.
public struct ProverConfiguration: ConfigurationSchema, Sendable {
    /// The socket that the daemon makes when it is not socket-activated.
    public var socket: String
    /// The vault's directory.
    public var vault: String
    /// The key file for when the service manager passes no credential `vault-key`; default: `key` in the vault.
    public var keyFile: String?
    /// The sensor's socket, where there is one sensor; excludes ``sensors``.
    public var sensorSocket: String?
    /// The sensors, where there are several, each a process of its own; all that fit are asked at the same time.
    public var sensors: [SensorEntry]?
    /// The user that sensors run as: a name or a uid.
    public var sensorUser: String
    /// See ``ProverSettings/selfEnrol``.
    public var selfEnrol: Bool
    /// See ``ProverSettings/verifiers``.
    public var verifiers: [String: VerifierEntry]
    /// See ``ProverSettings/passwordFirst``.
    public var passwordFirst: PasswordRule?
    /// See ``ProverSettings/captureTimeout``; 1 to 120.
    public var captureTimeoutSeconds: Int

    /// `session` (an active local session on the sensor's seat is demanded, as logind tells it) or `none`.
    public var presence: String
    /// The seat of sensors that are given no other.
    public var seat: String
    /// The user of a service that says for whom it asks, such as semblance-fprintd; nil: there is none.
    public var proxyUser: String?
    /// Units of display managers that are not among the known ones.
    public var displayManagers: [String]
    /// Model files, for proofs of assurance `head` and `full`.
    public var models: [String]

    public static let defaults: [(key: String, value: JSON)] = [
        ("socket", "/run/semblance/prover"), ("vault", "/var/lib/semblance"), ("sensorUser", "semblance-sensor"),
        ("selfEnrol", false), ("verifiers", [:]), ("captureTimeoutSeconds", 20), ("presence", "session"),
        ("seat", "seat0"), ("displayManagers", []), ("models", []),
    ]

    public func check() throws(ConfigurationFault) {
        _ = try settings()
        _ = try seatPresence()
        _ = try sensorEntries()
    }

    /// The settings that the file states.
    public func settings() throws(ConfigurationFault) -> ProverSettings {
        var settings = ProverSettings()
        settings.selfEnrol = selfEnrol
        guard (1...120).contains(captureTimeoutSeconds) else {
            throw .wrongValue(key: "captureTimeoutSeconds", reason: "must be 1 to 120")
        }
        settings.captureTimeout = .seconds(captureTimeoutSeconds)
        try passwordFirst?.check()
        settings.passwordFirst = passwordFirst
        for (audience, entry) in verifiers {
            settings.verifiers[audience] = try entry.pin(audience)
        }
        return settings
    }

    /// Whether captures are made without asking whether anybody is here.
    public var ignoresPresence: Bool { presence == "none" }

    /// The sensors that are to be asked: those of ``sensors``, or the one of before there could be several.
    public func sensorEntries() throws(ConfigurationFault) -> [SensorEntry] {
        guard let sensors else {
            return [SensorEntry(name: "sensor", socket: sensorSocket ?? "/run/semblance-sensor/sensor")]
        }
        guard sensorSocket == nil else {
            throw .wrongValue(key: "sensorSocket", reason: "and \"sensors\" exclude each other")
        }
        try SensorEntry.check(sensors)
        return sensors
    }

    /// Who counts as being in front of a sensor.
    public func seatPresence() throws(ConfigurationFault) -> SeatPresence {
        try Self.checkSeat(seat, key: "seat")
        switch presence {
        case "session":
            let displayManagers = Set(displayManagers)
            return SeatPresence { .session(seat: $0, displayManagers: displayManagers) }
        case "none": return SeatPresence(everywhere: .none)
        default: throw .wrongValue(key: "presence", reason: "must be \"session\" or \"none\"")
        }
    }

    static func checkSeat(_ seat: String, key: String) throws(ConfigurationFault) {
        let letters = Set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_")
        guard seat.hasPrefix("seat"), seat.count <= 255, seat.allSatisfy(letters.contains) else {
            throw .wrongValue(key: key, reason: "must be a seat's name, such as seat0")
        }
    }
}

/// What an administrator decides about the prover.
public struct ProverSettings: Sendable {
    /// Whether a user who is not root may enrol, refresh and revoke his own templates.
    public var selfEnrol = false
    /// Verifiers by audience. One of these audiences is accepted with that key and, where they are listed, at these
    /// origins only; other audiences are pinned at their first enrolment.
    public var verifiers: [String: VerifierPin] = [:]
    /// When a password must be entered before face or finger count again; nil: never.
    public var passwordFirst: PasswordRule?
    /// How long to wait for each sample.
    public var captureTimeout: Duration = .seconds(20)
    /// What proofs of assurance `head` and `full` need: the networks that verifiers may name.
    public var models: [EmbeddingModel] = []

    /// Who waits for the sensor, and how long.
    var queue = CaptureQueue.Limits()
    /// How long sensors wait for one another.
    var race = SensorRaceLimits()
    /// How often a subject may succeed.
    var budget = ProofBudget.Limits()
    /// Confirmation agents and their questions.
    var consent = ConsentDesk.Limits()
    /// How long nobody is asked again after a no.
    var refusals = RefusalBackoff.Limits()

    public init() {}
}
