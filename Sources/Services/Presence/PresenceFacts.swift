/// Everything that the rule looks at, read beforehand.
struct PresenceFacts: Sendable, Equatable {
    /// Where the process that asks belongs.
    enum Origin: Sendable, Equatable {
        case session(LoginSession)
        /// A process of a user's service manager; with all sessions of that user.
        case userManager(owner: UInt32, sessions: [LoginSession])
        case service(String)
        case elsewhere
    }

    /// The uid of the process that asks.
    var caller: UInt32
    var origin: Origin
    /// Whether the process's controlling terminal is the virtual terminal in front.
    var isOnFrontConsole: Bool
    /// The sensor's.
    var seat: String
    /// The session in front at that seat.
    var front: LoginSession?
    /// Login and lock screens at any seat, and for remote displays.
    var greeters: [LoginSession] = []
    /// All sessions of the user whose face or finger is asked for.
    var subjectSessions: [LoginSession]
}
