import Encoding
import Sodium
import Statement

/// A proof that was handed in: decoded, under a challenge of this verifier's, by who holds the challenge's client key.
struct Submission: Sendable {
    let opened: any OpenedProof
    /// SHA-512 of the proof.
    let digest: [UInt8]
    /// The roles that the method takes.
    let roles: Set<Role>
    /// Whether the method answers the same proof with the same receipt again.
    let earnsReceipt: Bool
    let submitter: Submitter

    var challenge: Challenge { opened.challenge.challenge }

    /// To whom the challenge must have been issued.
    var binding: Binding {
        switch submitter {
        case .local(let connection, _): .connection(connection.bytes)
        case .remote: .clientKey(challenge.clientKey)
        }
    }

    /// The client's key; nil for a local peer.
    var device: [UInt8]? {
        switch submitter {
        case .local: nil
        case .remote: challenge.clientKey
        }
    }
}

/// What a method of the verifier does with proofs.
struct ProofMethod<Output: Sendable>: Sendable {
    /// The roles of the challenges that it takes proofs of.
    let roles: Set<Role>
    /// For a method that answers the same proof with the same receipt again: its answer with the signed receipt.
    var receipt: (@Sendable ([UInt8]) -> Output)?
    /// Turns a proof that counts into what it earns, in the transaction that uses its challenge up.
    let commit: @Sendable (StoreSession, ProofContext) throws -> Result<Output, RefusalReason>
}

/// A verified proof in its surroundings, as the transaction that accepts it sees them.
struct ProofContext: Sendable {
    let submission: Submission
    /// The enrolment that it asks about; nil for a new enrolment and for a decoy.
    let record: EnrolmentRecord?
    let checked: CheckedProof
    let verdict: Verdict

    var challenge: Challenge { submission.challenge }
    var binding: Binding { submission.binding }
    /// How the audit table names who handed it in.
    var origin: String { submission.submitter.origin }
}

/// Names that come from outside and travel into challenges, records and logs.
enum NamedText {
    static let maximumAudienceByteCount = 255
    static let maximumSubjectByteCount = 128
    static let maximumLabelByteCount = 64
    static let maximumPurposeByteCount = 64

    static func isValidAudience(_ text: String) -> Bool {
        DisplayName.isValid(text, maximumByteCount: maximumAudienceByteCount)
    }

    static func isValidSubject(_ text: String) -> Bool {
        DisplayName.isValid(text, maximumByteCount: maximumSubjectByteCount)
    }

    static func isValidLabel(_ text: String) -> Bool {
        DisplayName.isValid(text, maximumByteCount: maximumLabelByteCount)
    }

    static func isValidPurpose(_ text: String) -> Bool {
        DisplayName.isValid(text, maximumByteCount: maximumPurposeByteCount)
    }
}
