import Statement

/// What names an enrolment: one subject, one verifier, one modality, one label.
public struct EnrolmentKey: Hashable, Sendable {
    public let subject: String
    public let audience: String
    public let modality: Modality
    public let label: String

    public init(subject: String, audience: String, modality: Modality, label: String) {
        self.subject = subject
        self.audience = audience
        self.modality = modality
        self.label = label
    }

    /// The key that a challenge is about.
    public init(_ challenge: Challenge) {
        self.init(
            subject: challenge.subject,
            audience: challenge.audience,
            modality: challenge.modality,
            label: challenge.label
        )
    }

    /// The key that a receipt is about.
    public init(_ receipt: Receipt) {
        self.init(
            subject: receipt.subject,
            audience: receipt.audience,
            modality: receipt.modality,
            label: receipt.label
        )
    }
}
