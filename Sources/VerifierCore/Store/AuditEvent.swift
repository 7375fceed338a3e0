import Varlink

/// One line of the audit table. It names no secret, and a subject that is not enrolled only by a pseudonym: people type
/// passwords where a name is asked for.
public struct AuditEvent: Equatable, Sendable {
    public enum Kind: String, Sendable, CaseIterable {
        /// An enrolment challenge for an enrolment token. Others leave no line.
        case challenge
        case lockedOut
        case verified
        case refused
        case enrolled
        case rotated
        case revoked
        case unlocked
        case tokenIssued
        case clockWentBack

        /// Each class has a budget of its own, so that no event can push out one of another class.
        var category: AuditClass {
            switch self {
            case .enrolled, .rotated, .revoked, .unlocked, .tokenIssued, .clockWentBack: .administration
            case .verified: .login
            case .challenge, .lockedOut, .refused: .traffic
            }
        }
    }

    /// Seconds since 1970-01-01 UTC, of the first occurrence.
    public var time: UInt64
    public var kind: Kind
    public var subject: String
    public var modality: String?
    public var label: String?
    /// The service that asked for the login.
    public var purpose: String?
    /// A ``RefusalReason``, a role, or a verdict.
    public var reason: String?
    /// `uid:N`, `addr:A`, or `administrator`.
    public var origin: String
    /// Of the last of ``count`` occurrences.
    public var lastTime: UInt64
    /// Repeated traffic is one line.
    public var count = 1
    /// The row's number; 0 for one that was not stored yet.
    public var id: Int64 = 0

    init(
        time: UInt64,
        kind: Kind,
        subject: String,
        modality: String? = nil,
        label: String? = nil,
        purpose: String? = nil,
        reason: String? = nil,
        origin: String
    ) {
        self.time = time
        self.kind = kind
        self.subject = subject
        self.modality = modality
        self.label = label
        self.purpose = purpose
        self.reason = reason
        self.origin = origin
        self.lastTime = time
    }

    /// As the program prints it.
    public var json: JSON {
        func text(_ value: String?) -> JSON { value.map { .string($0) } ?? .null }
        return [
            "id": .integer(id), "time": .integer(Int64(clamping: time)),
            "lastTime": .integer(Int64(clamping: lastTime)), "count": .integer(Int64(count)),
            "event": .string(kind.rawValue), "subject": .string(subject), "modality": text(modality),
            "label": text(label), "purpose": text(purpose), "reason": text(reason), "origin": .string(origin),
        ]
    }
}
