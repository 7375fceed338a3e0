import Interfaces
import Varlink

/// Why a capture led to nothing, as far as what comes next depends on it.
enum ScanFault {
    case noMatch
    /// No usable sample; the next may be one.
    case noSample
    /// Somebody else has the sensor.
    case busy
    /// The sensor is not there.
    case sensor
    case other

    init(_ error: any Error) {
        guard case .reply(let reply)? = error as? VarlinkClientError, let failure = ProverFailure(reply) else {
            self = .other
            return
        }
        switch failure {
        case .noMatch: self = .noMatch
        case .poorSample: self = .noSample
        case .busy: self = .busy
        case .sensorUnavailable: self = .sensor
        default: self = .other
        }
    }

    /// The result of `VerifyStatus` with which a verification ends.
    var verifyResult: String {
        switch self {
        case .noMatch: "verify-no-match"
        case .sensor: "verify-disconnected"
        case .noSample, .busy, .other: "verify-unknown-error"
        }
    }

    /// The result of `EnrollStatus` with which an enrolment ends.
    var enrollResult: String {
        switch self {
        case .noMatch, .noSample: "enroll-failed"
        case .sensor: "enroll-disconnected"
        case .busy, .other: "enroll-unknown-error"
        }
    }
}
