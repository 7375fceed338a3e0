/// What a verifier tells its peer. Every reason for which a proof is not accepted is the same ``refused``: the reason
/// itself goes to the verifier's own log only (see ``RefusalReason``).
public enum VerifierError: Error, Equatable, Sendable {
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
}

extension VerifierError: CustomStringConvertible {
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

/// Why a proof was refused: a code for the verifier's own log and audit table, never for the peer.
public enum RefusalReason: String, Error, Sendable {
    case malformedProof
    case oversizedProof
    /// The challenge inside the proof is not signed by this verifier.
    case foreignChallenge
    /// Not issued as it stands, or before the clock last went back.
    case unknownChallenge
    case consumedChallenge
    case expiredChallenge
    /// Another connection than the one that asked for the challenge, or a local challenge answered remotely.
    case wrongBinding
    case badClientSignature
    /// The client meant its proof for another place than this verifier's.
    case foreignOrigin
    /// A proof of one role handed to the method of another.
    case wrongRole
    /// The enrolment moved on to another epoch or commitment since the challenge was issued.
    case staleEpoch
    case revokedEnrolment
    /// The challenge was a decoy: its subject, or his device, is not enrolled.
    case decoy
    /// Too many failed attempts under this subject or device.
    case lockedOut
    /// The record's model, bounds or assurance no longer satisfy the policy.
    case recordBelowPolicy
    case proofRejected
    /// Without a valid sensor signature although the policy wants a biometric verdict.
    case possessionOnly
    case untrustedSensor
    case missingTemplate
    case unexpectedTemplate
    case identityCommitment
    case reusedCommitment
    case alreadyEnrolled
    case tokenInvalid
    case refreshLimit
    case notAuthorized
}
