import Encoding
import Varlink

/// The errors of `org.semblance.Verifier`, and of the HTTP service: what a verifier tells its peer. Every reason for
/// which a proof is not accepted is the same ``refused``: the reason itself goes to the verifier's own log only
/// (`RefusalReason`).
public enum VerifierError: InterfaceError {
    /// The caller may not do this to this subject.
    case notAuthorized
    /// The subject has no such enrolment; told only to root, to the subject himself, or to the administrator.
    case notEnrolled
    /// There is an active enrolment under this subject, modality and label.
    case alreadyEnrolled
    /// The template is already of the model that serves new enrolments, or there is none that it could move to.
    case nothingToUpgrade
    /// Too many failed attempts (NIST SP 800-63B-4 section 3.2.3); told only to who can have made them.
    /// `retryAfterSeconds` is -1 when only an administrator can unlock.
    case lockedOut(retryAfterSeconds: Int)
    /// The proof was not accepted.
    case refused
    /// Too much work outstanding; try again later.
    case busy
    /// The verifier could not read or write its database.
    case storageFailure
    /// The request is not well formed.
    case badRequest

    public static let interface = VarlinkInterface.verifier

    public var member: (name: String, parameters: [String: JSON]) {
        switch self {
        case .notAuthorized: ("NotAuthorized", [:])
        case .notEnrolled: ("NotEnrolled", [:])
        case .alreadyEnrolled: ("AlreadyEnrolled", [:])
        case .nothingToUpgrade: ("NothingToUpgrade", [:])
        case .lockedOut(let seconds): ("LockedOut", ["retryAfterSeconds": .integer(Int64(seconds))])
        case .refused: ("Refused", [:])
        case .busy: ("Busy", [:])
        case .storageFailure: ("StorageFailure", [:])
        case .badRequest: ("BadRequest", [:])
        }
    }

    public init?(name: String, _ parameters: Parameters) throws(VarlinkError) {
        switch name {
        case "NotAuthorized": self = .notAuthorized
        case "NotEnrolled": self = .notEnrolled
        case "AlreadyEnrolled": self = .alreadyEnrolled
        case "NothingToUpgrade": self = .nothingToUpgrade
        case "LockedOut":
            self = .lockedOut(retryAfterSeconds: Int(clamping: try parameters.integer("retryAfterSeconds")))
        case "Refused": self = .refused
        case "Busy": self = .busy
        case "StorageFailure": self = .storageFailure
        case "BadRequest": self = .badRequest
        default: return nil
        }
    }

    public var description: String {
        switch self {
        case .notAuthorized: "not authorised"
        case .notEnrolled: "no such enrolment"
        case .alreadyEnrolled: "there is such an enrolment already"
        case .nothingToUpgrade: "there is no model to upgrade to"
        case .lockedOut: "too many failed attempts"
        case .refused: "refused"
        case .busy: "busy; try again"
        case .storageFailure: "the database failed"
        case .badRequest: "the request is not well formed"
        }
    }
}
