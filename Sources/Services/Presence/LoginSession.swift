/// A session as logind sees it (sd-login(3)).
public struct LoginSession: Sendable, Equatable {
    /// What a session is for, as far as it matters here.
    public enum Kind: Sendable, Equatable {
        case user
        /// The login screen of a display manager, which runs as a user of its own.
        case greeter
        case lockScreen
        /// Batch jobs, service managers and what else has a session without a person.
        case other
    }

    /// The user whom it belongs to.
    public let uid: UInt32
    /// In front on its seat, and not being closed.
    public let isActive: Bool
    public let isRemote: Bool
    /// Nil for a session without one: ssh, cron, `machinectl shell`.
    public let seat: String?
    public let kind: Kind

    public init(uid: UInt32, isActive: Bool, isRemote: Bool, seat: String?, kind: Kind) {
        self.uid = uid
        self.isActive = isActive
        self.isRemote = isRemote
        self.seat = seat
        self.kind = kind
    }
}
