import Varlink

/// Decides whether somebody is in front of the sensor when a process asks for a capture.
public struct PresencePolicy: Sendable {
    /// - Parameters:
    ///   - caller: of the connection, with its process.
    ///   - subject: the uid of the account whose face or finger is asked for.
    /// - Returns: the user who is answerable for the request: the session's, else the caller, for root the subject.
    public let check: @Sendable (_ caller: PeerCredentials, _ subject: UInt32) throws(PresenceRefusal) -> UInt32

    public init(
        check: @escaping @Sendable (_ caller: PeerCredentials, _ subject: UInt32) throws(PresenceRefusal) -> UInt32
    ) {
        self.check = check
    }

    /// Everybody may ask from everywhere: for machines without logind.
    public static let none = PresencePolicy { caller, subject in caller.uid == 0 ? subject : caller.uid }

    /// Demands an active local session on the sensor's seat, as logind tells it.
    ///
    /// - Parameters:
    ///   - seat: the sensor's, for example `seat0`.
    ///   - displayManagers: units that may ask while a login screen is in front, besides the known ones.
    public static func session(seat: String, displayManagers: Set<String> = []) -> PresencePolicy {
        session(seat: seat, displayManagers: displayManagers, directory: LogindSessions())
    }

    static func session(
        seat: String,
        displayManagers: Set<String>,
        directory: any SessionDirectory
    ) -> PresencePolicy {
        let rule = PresenceRule(displayManagers: displayManagers)
        let reader = PresenceReader(directory: directory, seat: seat)
        return PresencePolicy { caller, subject throws(PresenceRefusal) in
            let facts = try reader.facts(of: caller, subject: subject)
            if let refusal = rule.refusal(facts) { throw refusal }
            return facts.answerable(subject: subject)
        }
    }
}

extension PresenceFacts {
    func answerable(subject: UInt32) -> UInt32 {
        switch origin {
        case .session(let session): session.uid
        case .userManager(let owner, _): owner
        case .service, .elsewhere: caller == 0 ? subject : caller
        }
    }
}

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
