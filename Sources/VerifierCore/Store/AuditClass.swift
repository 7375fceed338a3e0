/// What kind of event a line of the audit table tells of, and how many lines of that kind are kept.
enum AuditClass: String, CaseIterable, Sendable {
    /// What changed the registry or its limits.
    case administration
    /// Accepted logins.
    case login
    /// What anybody can cause.
    case traffic

    var maximumRows: Int {
        switch self {
        case .administration, .login: 1_000_000
        case .traffic: 100_000
        }
    }
}
