/// Why nobody is taken to be in front of the sensor.
public enum PresenceRefusal: Error, Equatable, Sendable {
    /// The caller has ended, or runs where it cannot be seen.
    case callerGone
    /// No logind runs here.
    case noLogind
    /// Something could not be read; `what` says what.
    case unknown(what: String)
    case remoteSession
    /// A process of a user's service manager, and one of the user's sessions is remote.
    case remoteSessionOfUser
    /// Another session is in front.
    case inactiveSession
    /// The session is at another seat, or at none.
    case otherSeat
    /// A display manager also shows login screens at other seats or to remote people, and which one asks is not to be seen.
    case otherLoginScreen
    /// The user has no session in front at the seat.
    case noActiveSession
    /// The caller belongs to no session, and is none that may ask from outside.
    case outsideSessions

    /// For people: lower case, no final period.
    public var reason: String {
        switch self {
        case .callerGone: "the process that asks has ended or cannot be seen"
        case .noLogind: "no logind tells who is here (semblanced's option --presence none does without)"
        case .unknown(let what): "\(what) cannot be found out"
        case .remoteSession: "the session that asks is remote"
        case .remoteSessionOfUser: "the user is logged in remotely as well"
        case .inactiveSession: "the session that asks is not in front"
        case .otherSeat: "the session that asks is not at the sensor's seat"
        case .otherLoginScreen: "a login screen elsewhere may be asking"
        case .noActiveSession: "the user has no session in front at the sensor's seat"
        case .outsideSessions: "the process that asks belongs to no session"
        }
    }
}
