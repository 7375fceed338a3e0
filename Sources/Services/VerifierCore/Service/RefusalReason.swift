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
