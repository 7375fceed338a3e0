import CSystemd
import Glibc

/// logind's sessions and seats, through libsystemd: from its state files, without a message to anybody.
struct LogindSessions: SessionDirectory {
    /// What sd-login(3) itself takes for logind's presence.
    private static let statePath = "/run/systemd/seats/"

    var isAvailable: Bool { access(Self.statePath, F_OK) == 0 }

    func place(ofProcess pid: Int32) throws(PresenceRefusal) -> ProcessPlace {
        let unit: String
        switch Self.text({ sd_pid_get_unit(pid, $0) }) {
        case .success(let name): unit = name
        case .failure(let failure) where failure.code == ENODATA: return .elsewhere
        case .failure(let failure) where failure.code == ESRCH: throw .callerGone
        case .failure: throw .unknown(what: "the unit of the process that asks")
        }
        if unit.hasPrefix("session-"), unit.hasSuffix(".scope") {
            guard case .success(let identifier) = Self.text({ sd_pid_get_session(pid, $0) }) else {
                throw .unknown(what: "the session of the process that asks")
            }
            return .session(identifier)
        }
        if unit.hasPrefix("user@"), unit.hasSuffix(".service") {
            var owner: uid_t = 0
            guard sd_pid_get_owner_uid(pid, &owner) >= 0, unit == "user@\(owner).service" else {
                throw .unknown(what: "the user of the process that asks")
            }
            return .userManager(owner)
        }
        return unit.hasSuffix(".service") ? .service(unit) : .elsewhere
    }

    func isOnFrontConsole(_ pid: Int32) -> Bool { FrontConsole.controls(pid) }

    func session(_ identifier: String) throws(PresenceRefusal) -> LoginSession {
        guard let session = try Self.openSession(identifier) else {
            throw .unknown(what: "the session of the process that asks")
        }
        return session
    }

    func sessions() throws(PresenceRefusal) -> [LoginSession] {
        try Self.sessions("everybody's sessions") { sd_get_sessions($0) }
    }

    func sessions(ofUser uid: UInt32) throws(PresenceRefusal) -> [LoginSession] {
        // -1: also sessions that are being closed, whose processes may live on.
        try Self.sessions("the user's sessions") { sd_uid_get_sessions(uid, -1, $0) }
    }

    private static func sessions(
        _ what: String,
        _ list: (UnsafeMutablePointer<UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?>) -> Int32
    ) throws(PresenceRefusal) -> [LoginSession] {
        var names: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?
        let count = list(&names)
        defer { free(names) }
        guard count >= 0 else {
            if count == -ENODATA || count == -ENXIO { return [] }
            throw .unknown(what: what)
        }
        var sessions: [LoginSession] = []
        for index in 0..<Int(count) {
            guard let name = names?[index] else { break }
            // One that has ended in this moment is none.
            if let session = try openSession(String(cString: name)) { sessions.append(session) }
        }
        return sessions
    }

    func frontSession(ofSeat seat: String) throws(PresenceRefusal) -> LoginSession? {
        switch Self.text({ sd_seat_get_active(seat, $0, nil) }) {
        case .success(let identifier): return try Self.openSession(identifier)
        case .failure(let failure) where failure.code == ENODATA || failure.code == ENXIO: return nil
        case .failure: throw .unknown(what: "the session in front at \(seat)")
        }
    }

    /// The session; nil if there is none (any more).
    private static func openSession(_ name: String) throws(PresenceRefusal) -> LoginSession? {
        var uid: uid_t = 0
        let known = sd_session_get_uid(name, &uid)
        if known == -ENXIO { return nil }
        let isActive = sd_session_is_active(name)
        let isRemote = sd_session_is_remote(name)
        guard known >= 0, isActive >= 0, isRemote >= 0,
            case .success(let state) = text({ sd_session_get_state(name, $0) }),
            case .success(let kind) = text({ sd_session_get_class(name, $0) })
        else { throw .unknown(what: "session \(name)") }
        let seat: String?
        switch text({ sd_session_get_seat(name, $0) }) {
        case .success(let name): seat = name
        case .failure(let failure) where failure.code == ENODATA: seat = nil
        case .failure: throw .unknown(what: "the seat of session \(name)")
        }
        return LoginSession(
            uid: uid,
            // A session that is being closed is "closing", whatever its flag says.
            isActive: isActive > 0 && state == "active",
            isRemote: isRemote > 0,
            seat: seat,
            kind: LoginSession.Kind(logind: kind)
        )
    }

    private struct Failure: Error {
        /// An errno.
        let code: Int32
    }

    /// The text that a function of libsystemd allocates.
    private static func text(
        _ body: (UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>) -> Int32
    ) -> Result<String, Failure> {
        var value: UnsafeMutablePointer<CChar>?
        let code = body(&value)
        defer { Glibc.free(value) }
        guard code >= 0 else { return .failure(Failure(code: -code)) }
        guard let value else { return .failure(Failure(code: ENODATA)) }
        return .success(String(cString: value))
    }

    /// Frees a list of texts that ends with nil.
    private static func free(_ list: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?) {
        guard let list else { return }
        var index = 0
        while let text = list[index] {
            Glibc.free(text)
            index += 1
        }
        Glibc.free(list)
    }
}

extension LoginSession.Kind {
    /// A class of logind; `user-early` and the like (systemd 256) are users' too.
    init(logind name: String) {
        switch name {
        case "greeter": self = .greeter
        case "lock-screen": self = .lockScreen
        case _ where name == "user" || name.hasPrefix("user-"): self = .user
        default: self = .other
        }
    }
}

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
    /// By logind's word: made from another machine, as by ssh.
    public let isRemote: Bool
    /// Nil for a session without one: ssh, cron, `machinectl shell`.
    public let seat: String?
    /// From the session's class.
    public let kind: Kind

    public init(uid: UInt32, isActive: Bool, isRemote: Bool, seat: String?, kind: Kind) {
        self.uid = uid
        self.isActive = isActive
        self.isRemote = isRemote
        self.seat = seat
        self.kind = kind
    }
}

/// What there is to know about processes, sessions and seats.
protocol SessionDirectory: Sendable {
    /// Whether there is anybody who knows: without logind nobody does.
    var isAvailable: Bool { get }

    func place(ofProcess pid: Int32) throws(PresenceRefusal) -> ProcessPlace

    /// The virtual terminal that controls the process, if that is the one in front now.
    func isOnFrontConsole(_ pid: Int32) -> Bool

    func session(_ identifier: String) throws(PresenceRefusal) -> LoginSession

    /// Everybody's sessions.
    func sessions() throws(PresenceRefusal) -> [LoginSession]

    /// All sessions of a user, those that are being closed included.
    func sessions(ofUser uid: UInt32) throws(PresenceRefusal) -> [LoginSession]

    /// The session in front on a seat; nil if there is none.
    func frontSession(ofSeat seat: String) throws(PresenceRefusal) -> LoginSession?
}
