import Encoding
import ServiceSupport
import Sodium
import Varlink

/// The errors of `org.semblance.Prover`.
public enum ProverFailure: InterfaceError {
    case notAuthorized
    case notEnrolled
    case alreadyEnrolled
    /// Every reason alike.
    case challengeRefused
    case challengeMismatch(ChallengeExpectation.Mismatch)
    case verifierKeyChanged(audience: String, origin: Origin, pinned: [UInt8], offered: [UInt8])
    case noMatch
    /// nil: not at all any more.
    case lockedOut(retryAfterSeconds: Int?)
    case sensorUnavailable(hint: String)
    case poorSample(hint: String)
    case busy
    /// Nobody is in front of the sensor.
    case presenceRequired(reason: String)
    /// The administrator's rule wants a password first.
    case passwordRequired(reason: String)
    /// A remote verifier asks, and no agent could ask the person.
    case consentRequired
    /// nil: now; else he refused lately, and is not asked before that many seconds.
    case consentRefused(retryAfterSeconds: Int?)
    case tooManyProofs(retryAfterSeconds: Int)
    /// Also what is told of a fault of the daemon itself, whose cause is in its log: by the name that clients of every
    /// version know.
    case storageFailure(hint: String)

    /// What a caller is told where the daemon itself failed: no cause.
    public static let internalFault = ProverFailure.storageFailure(
        hint: "semblanced could not make the proof; its log says why"
    )

    public static let interface = VarlinkInterface.prover

    public var member: (name: String, parameters: [String: JSON]) {
        switch self {
        case .notAuthorized: ("NotAuthorized", [:])
        case .notEnrolled: ("NotEnrolled", [:])
        case .alreadyEnrolled: ("AlreadyEnrolled", [:])
        case .challengeRefused: ("ChallengeRefused", [:])
        case .challengeMismatch(let mismatch): ("ChallengeMismatch", mismatch.parameters)
        case .verifierKeyChanged(let audience, let origin, let pinned, let offered):
            (
                "VerifierKeyChanged",
                [
                    "audience": .string(audience), "origin": .string(origin.text),
                    "pinned": .string(Hexadecimal.encode(pinned)), "offered": .string(Hexadecimal.encode(offered)),
                ]
            )
        case .noMatch: ("NoMatch", [:])
        case .lockedOut(let seconds): ("LockedOut", ["retryAfterSeconds": .integer(Int64(seconds ?? -1))])
        case .sensorUnavailable(let hint): ("SensorUnavailable", ["hint": .string(hint)])
        case .poorSample(let hint): ("PoorSample", ["hint": .string(hint)])
        case .busy: ("Busy", [:])
        case .presenceRequired(let reason): ("PresenceRequired", ["reason": .string(reason)])
        case .passwordRequired(let reason): ("PasswordRequired", ["reason": .string(reason)])
        case .consentRequired: ("ConsentRequired", [:])
        case .consentRefused(let seconds):
            ("ConsentRefused", seconds.map { ["retryAfterSeconds": .integer(Int64($0))] } ?? [:])
        case .tooManyProofs(let seconds): ("TooManyProofs", ["retryAfterSeconds": .integer(Int64(seconds))])
        case .storageFailure(let hint): ("StorageFailure", ["hint": .string(hint)])
        }
    }

    public init?(name: String, _ parameters: Parameters) throws(VarlinkError) {
        switch name {
        case "NotAuthorized": self = .notAuthorized
        case "NotEnrolled": self = .notEnrolled
        case "AlreadyEnrolled": self = .alreadyEnrolled
        case "ChallengeRefused": self = .challengeRefused
        case "ChallengeMismatch": self = .challengeMismatch(try ChallengeExpectation.Mismatch(parameters))
        case "VerifierKeyChanged": self = try Self.verifierKeyChanged(parameters)
        case "NoMatch": self = .noMatch
        case "LockedOut":
            let seconds = Int(clamping: try parameters.integer("retryAfterSeconds"))
            self = .lockedOut(retryAfterSeconds: seconds < 0 ? nil : seconds)
        case "SensorUnavailable": self = .sensorUnavailable(hint: try parameters.string("hint"))
        case "PoorSample": self = .poorSample(hint: try parameters.string("hint"))
        case "Busy": self = .busy
        case "PresenceRequired": self = .presenceRequired(reason: try parameters.string("reason"))
        case "PasswordRequired": self = .passwordRequired(reason: try parameters.string("reason"))
        case "ConsentRequired": self = .consentRequired
        case "ConsentRefused":
            let seconds = try parameters.optionalInteger("retryAfterSeconds")
            self = .consentRefused(retryAfterSeconds: seconds.map { Int(clamping: $0) })
        case "TooManyProofs":
            self = .tooManyProofs(retryAfterSeconds: Int(clamping: try parameters.integer("retryAfterSeconds")))
        case "StorageFailure": self = .storageFailure(hint: try parameters.string("hint"))
        default: return nil
        }
    }

    private static func verifierKeyChanged(_ parameters: Parameters) throws(VarlinkError) -> ProverFailure {
        func key(_ name: String) throws(VarlinkError) -> [UInt8] {
            guard let key = Hexadecimal.decode(try parameters.string(name)) else { throw .invalidParameter(name) }
            return key
        }
        guard let origin = Origin(try parameters.string("origin")) else { throw .invalidParameter("origin") }
        return .verifierKeyChanged(
            audience: try parameters.string("audience"),
            origin: origin,
            pinned: try key("pinned"),
            offered: try key("offered")
        )
    }
}
