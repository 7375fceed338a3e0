/// One line of the audit table. It names no secret, and a subject that is not enrolled only by a pseudonym: people type
/// passwords where a name is asked for.
public struct AuditEvent: Equatable, Sendable {
    public enum Kind: String, Sendable {
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
    }

    public var time: UInt64
    public var kind: Kind
    public var subject: String
    public var modality: String?
    public var label: String?
    /// A ``RefusalReason``, a role, or a verdict.
    public var reason: String?
    /// `uid:N`, `addr:A`, or `administrator`.
    public var origin: String
}
