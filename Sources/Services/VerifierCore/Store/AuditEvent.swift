import Encoding

/// What kind of event a line of the audit table tells of, and how many lines of that kind are kept. Each class has a budget
/// of its own, so that no event can push out one of another class.
enum AuditClass: String, CaseIterable, Sendable {
    /// What changed the registry or its limits.
    case administration
    /// Accepted logins.
    case login
    /// What only the enrolled, and holders of enrolment tokens, can cause: their refusals and lock-outs.
    case attempt
    /// What anybody can cause.
    case traffic

    /// How many lines are kept.
    var maximumRows: Int {
        switch self {
        case .administration, .login, .attempt: 1_000_000
        case .traffic: 100_000
        }
    }

    /// Whether an event that comes again is counted on the line that tells of it.
    var isCoalesced: Bool { self == .attempt || self == .traffic }
}

/// One line of the audit table. It names no secret, and a subject that is not enrolled only by a pseudonym: people type
/// passwords where a name is asked for.
public struct AuditEvent: Equatable, Sendable {
    /// What happened.
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

        /// Where such an event belongs, unless who records it knows better.
        var usualCategory: AuditClass {
            switch self {
            case .enrolled, .rotated, .revoked, .unlocked, .tokenIssued, .clockWentBack: .administration
            case .verified: .login
            case .challenge, .lockedOut: .attempt
            case .refused: .traffic
            }
        }
    }

    let category: AuditClass
    /// Seconds since 1970-01-01 UTC, of the first occurrence.
    public var time: UInt64
    /// What happened.
    public var kind: Kind
    /// Whom it is about; empty where that is everybody.
    public var subject: String
    /// Of the enrolment, where it is about one.
    public var modality: String?
    /// Of the enrolment, where it is about one.
    public var label: String?
    /// The service that asked for the login.
    public var purpose: String?
    /// A ``RefusalReason``, a role, or a verdict.
    public var reason: String?
    /// `uid:N`, `addr:A`, or `administrator`; `several` where a subject had too many lines in an hour.
    public var origin: String
    /// Of the last of ``count`` occurrences.
    public var lastTime: UInt64
    /// What comes again and again is one line (``AuditTrail/record(_:)``).
    public var count = 1
    /// The row's number; 0 for one that was not stored yet.
    public var id: Int64 = 0

    init(
        time: UInt64,
        kind: Kind,
        category: AuditClass? = nil,
        subject: String,
        modality: String? = nil,
        label: String? = nil,
        purpose: String? = nil,
        reason: String? = nil,
        origin: String
    ) {
        self.category = category ?? kind.usualCategory
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

    /// The same without what its cause can choose freely.
    var withoutCircumstances: AuditEvent {
        var event = self
        (event.modality, event.label, event.purpose, event.origin) = (nil, nil, nil, "several")
        return event
    }

    /// The origin of what a local user causes.
    static func origin(uid: UInt32) -> String { "uid:\(uid)" }

    /// The origin of what a client over HTTP causes.
    static func origin(address: String) -> String { "addr:\(address)" }

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
