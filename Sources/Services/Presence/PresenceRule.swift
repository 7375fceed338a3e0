/// Who counts as being in front of the sensor (docs/processes.md has the table).
///
/// A process in a session is where its session is. A process of a user's service manager cannot be told to be of one of
/// the user's sessions, so all of them count: one must be here and none remote. Outside sessions only root may ask, for
/// programs that have no session yet or whose person has one: a login on the console in front, a login screen, an
/// unlock or polkit helper.
struct PresenceRule: Sendable {
    /// Units of display managers, by their names without suffix and instance.
    static let knownDisplayManagers: Set<String> = [
        "gdm", "gdm3", "lightdm", "sddm", "lxdm", "xdm", "wdm", "slim", "nodm", "greetd", "ly", "lemurs", "emptty",
        "plasmalogin", "cosmic-greeter",
    ]
    /// Units that check a person for somebody else's action. They run for remote people too, so a login screen in front
    /// says nothing about who asked.
    static let knownHelpers: Set<String> = ["polkit-agent-helper"]

    let displayManagers: Set<String>

    /// - Parameter displayManagers: units besides the known ones, for example `my-greeter` or `my-greeter.service`.
    init(displayManagers: Set<String> = []) {
        self.displayManagers = Self.knownDisplayManagers.union(displayManagers.map(Self.stem))
    }

    /// Nil where somebody is here, else the reason.
    func refusal(_ facts: PresenceFacts) -> PresenceRefusal? {
        switch facts.origin {
        case .session(let session):
            return Self.refusal(of: session, seat: facts.seat)
        case .userManager(_, let sessions):
            guard !sessions.contains(where: \.isRemote) else { return .remoteSessionOfUser }
            return Self.isAny(of: sessions, at: facts.seat) ? nil : .noActiveSession
        case .service(let unit):
            guard facts.caller == 0 else { return .outsideSessions }
            return Self.isConsoleLogin(facts) ? nil : refusal(ofService: Self.stem(unit), facts)
        case .elsewhere:
            return facts.caller == 0 && Self.isConsoleLogin(facts) ? nil : .outsideSessions
        }
    }

    /// A login on the console in front comes before there is a session; where a person's session is in front, it is that
    /// person's processes that count.
    private static func isConsoleLogin(_ facts: PresenceFacts) -> Bool {
        facts.isOnFrontConsole && !(facts.front.map { $0.isActive && $0.kind == .user } ?? false)
    }

    /// Of a system service that runs as root.
    private func refusal(ofService name: String, _ facts: PresenceFacts) -> PresenceRefusal? {
        let isDisplayManager = displayManagers.contains(name)
        guard isDisplayManager || Self.knownHelpers.contains(name) else { return .outsideSessions }
        if isDisplayManager, facts.greeters.contains(where: { $0.isRemote || $0.seat != facts.seat }) {
            return .otherLoginScreen
        }
        if isDisplayManager, let front = facts.front, front.kind == .greeter || front.kind == .lockScreen,
            Self.refusal(of: front, seat: facts.seat) == nil
        {
            return nil
        }
        guard !facts.subjectSessions.contains(where: \.isRemote) else { return .remoteSessionOfUser }
        return Self.isAny(of: facts.subjectSessions, at: facts.seat) ? nil : .noActiveSession
    }

    private static func isAny(of sessions: [LoginSession], at seat: String) -> Bool {
        sessions.contains { refusal(of: $0, seat: seat) == nil }
    }

    private static func refusal(of session: LoginSession, seat: String) -> PresenceRefusal? {
        guard !session.isRemote else { return .remoteSession }
        guard session.seat == seat else { return .otherSeat }
        return session.isActive ? nil : .inactiveSession
    }

    /// `ly` of `ly@tty2.service`.
    static func stem(_ unit: String) -> String {
        let name = unit.hasSuffix(".service") ? unit.dropLast(".service".count) : unit[...]
        return String(name.prefix { $0 != "@" })
    }
}
