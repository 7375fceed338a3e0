import ServiceSupport
import Sodium
import Varlink

/// The errors of `org.semblance.Prover`.
enum ProverFailure: Error, Equatable {
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
    /// A remote verifier asks, and no agent could ask the person.
    case consentRequired
    /// nil: now; else he refused lately, and is not asked before that many seconds.
    case consentRefused(retryAfterSeconds: Int?)
    case tooManyProofs(retryAfterSeconds: Int)
    case storageFailure(hint: String)
    /// The daemon itself is at fault; its log has the cause.
    case internalFault

    var reply: VarlinkError {
        let interface = "org.semblance.Prover."
        switch self {
        case .notAuthorized: return VarlinkError(interface + "NotAuthorized")
        case .notEnrolled: return VarlinkError(interface + "NotEnrolled")
        case .alreadyEnrolled: return VarlinkError(interface + "AlreadyEnrolled")
        case .challengeRefused: return VarlinkError(interface + "ChallengeRefused")
        case .challengeMismatch(let mismatch):
            return VarlinkError(
                interface + "ChallengeMismatch",
                [
                    "field": .string(mismatch.field), "expected": .string(mismatch.expected),
                    "found": .string(mismatch.found),
                ]
            )
        case .verifierKeyChanged(let audience, let origin, let pinned, let offered):
            return VarlinkError(
                interface + "VerifierKeyChanged",
                [
                    "audience": .string(audience), "origin": .string(origin.text),
                    "pinned": .string(Hexadecimal.encode(pinned)), "offered": .string(Hexadecimal.encode(offered)),
                ]
            )
        case .noMatch: return VarlinkError(interface + "NoMatch")
        case .lockedOut(let seconds):
            return VarlinkError(interface + "LockedOut", ["retryAfterSeconds": .integer(Int64(seconds ?? -1))])
        case .sensorUnavailable(let hint): return VarlinkError(interface + "SensorUnavailable", ["hint": .string(hint)])
        case .poorSample(let hint): return VarlinkError(interface + "PoorSample", ["hint": .string(hint)])
        case .busy: return VarlinkError(interface + "Busy")
        case .presenceRequired(let reason):
            return VarlinkError(interface + "PresenceRequired", ["reason": .string(reason)])
        case .consentRequired: return VarlinkError(interface + "ConsentRequired")
        case .consentRefused(let seconds):
            return VarlinkError(
                interface + "ConsentRefused",
                seconds.map { ["retryAfterSeconds": .integer(Int64($0))] } ?? [:]
            )
        case .tooManyProofs(let seconds):
            return VarlinkError(interface + "TooManyProofs", ["retryAfterSeconds": .integer(Int64(seconds))])
        case .storageFailure(let hint): return VarlinkError(interface + "StorageFailure", ["hint": .string(hint)])
        case .internalFault:
            // By the name that clients of every version know for what is wrong with the daemon.
            return VarlinkError(
                interface + "StorageFailure",
                ["hint": .string("semblanced could not make the proof; its log says why")]
            )
        }
    }
}
