import Glibc
import Varlink

/// Reads what the rule looks at, and believes what a pid led to only when the process still lived after the reading.
struct PresenceReader: Sendable {
    let directory: any SessionDirectory
    let seat: String

    func facts(of caller: PeerCredentials, subject: UInt32) throws(PresenceRefusal) -> PresenceFacts {
        guard directory.isAvailable else { throw .noLogind }
        guard let process = caller.process else { throw .callerGone }
        let place = try directory.place(ofProcess: process.pid)
        let isOnFrontConsole = seat == "seat0" && directory.isOnFrontConsole(process.pid)
        guard process.isAlive else { throw .callerGone }
        return PresenceFacts(
            caller: caller.uid,
            origin: try origin(place),
            isOnFrontConsole: isOnFrontConsole,
            seat: seat,
            front: try directory.frontSession(ofSeat: seat),
            greeters: try directory.sessions().filter { $0.kind == .greeter || $0.kind == .lockScreen },
            subjectSessions: try directory.sessions(ofUser: subject)
        )
    }

    private func origin(_ place: ProcessPlace) throws(PresenceRefusal) -> PresenceFacts.Origin {
        switch place {
        case .session(let identifier): .session(try directory.session(identifier))
        case .userManager(let owner): .userManager(owner: owner, sessions: try directory.sessions(ofUser: owner))
        case .service(let unit): .service(unit)
        case .elsewhere: .elsewhere
        }
    }
}

/// Where the service manager has put a process: what its control group says.
public enum ProcessPlace: Sendable, Equatable {
    /// In the session with that identifier.
    case session(String)
    /// Below the service manager of that user (`user@UID.service`): desktop programs, `systemd-run --user`.
    case userManager(UInt32)
    /// In that unit of the system.
    case service(String)
    /// In no unit that says anything.
    case elsewhere
}

/// Virtual terminals: which one is in front, and which one controls a process.
enum FrontConsole {
    /// Major number of the virtual terminals (Linux's Documentation/admin-guide/devices.txt).
    private static let major: UInt32 = 4

    /// Whether the controlling terminal of the process is the virtual terminal in front.
    static func controls(_ pid: Int32) -> Bool {
        guard let terminal = read("/proc/\(pid)/stat").flatMap(terminal(ofStatus:)) else { return false }
        return front(read("/sys/class/tty/tty0/active") ?? "") == terminal
    }

    /// The number of the virtual terminal in a process's `stat` (proc(5)), 1 to 63; nil for another terminal or none.
    /// The process's name, which may hold anything, ends at the last parenthesis.
    static func terminal(ofStatus text: String) -> UInt32? {
        guard let end = text.lastIndex(of: ")") else { return nil }
        let fields = text[text.index(after: end)...].split(separator: " ")
        guard fields.count > 4, let value = Int32(fields[4]) else { return nil }
        let device = UInt32(bitPattern: value)
        let minor = device & 0xff | device >> 12 & 0xfff00
        guard device >> 8 & 0xfff == major, (1...63).contains(minor) else { return nil }
        return minor
    }

    /// The number of the terminal in front, of a text such as `tty2`.
    static func front(_ text: String) -> UInt32? {
        guard text.hasPrefix("tty") else { return nil }
        return UInt32(text.dropFirst(3).prefix { $0 != "\n" })
    }

    private static func read(_ path: String) -> String? {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var buffer = [UInt8](repeating: 0, count: 4096)
        let count = Glibc.read(descriptor, &buffer, buffer.count)
        guard count > 0 else { return nil }
        return String(decoding: buffer.prefix(count), as: UTF8.self)
    }
}
