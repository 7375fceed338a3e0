import Varlink

/// The errors of `org.semblance.Prover`.
enum ProverFailure: Error, Equatable {
    case notAuthorized
    case notEnrolled
    case alreadyEnrolled
    /// Every reason alike.
    case challengeRefused
    case noMatch
    /// nil: not at all any more.
    case lockedOut(retryAfterSeconds: Int?)
    case sensorUnavailable(hint: String)
    case poorSample(hint: String)
    case busy
    case storageFailure(hint: String)

    var reply: VarlinkError {
        let interface = "org.semblance.Prover."
        switch self {
        case .notAuthorized: return VarlinkError(interface + "NotAuthorized")
        case .notEnrolled: return VarlinkError(interface + "NotEnrolled")
        case .alreadyEnrolled: return VarlinkError(interface + "AlreadyEnrolled")
        case .challengeRefused: return VarlinkError(interface + "ChallengeRefused")
        case .noMatch: return VarlinkError(interface + "NoMatch")
        case .lockedOut(let seconds):
            return VarlinkError(interface + "LockedOut", ["retryAfterSeconds": .integer(Int64(seconds ?? -1))])
        case .sensorUnavailable(let hint): return VarlinkError(interface + "SensorUnavailable", ["hint": .string(hint)])
        case .poorSample(let hint): return VarlinkError(interface + "PoorSample", ["hint": .string(hint)])
        case .busy: return VarlinkError(interface + "Busy")
        case .storageFailure(let hint): return VarlinkError(interface + "StorageFailure", ["hint": .string(hint)])
        }
    }
}
