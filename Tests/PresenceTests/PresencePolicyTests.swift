import Foundation
import Testing
import Varlink

@testable import Presence

/// A directory that a test fills.
private struct ToldDirectory: SessionDirectory {
    var isAvailable = true
    var place: @Sendable () -> ProcessPlace = { .session("1") }
    var failure: PresenceRefusal?

    func place(ofProcess pid: Int32) throws(PresenceRefusal) -> ProcessPlace {
        if let failure { throw failure }
        return place()
    }

    func isOnFrontConsole(_ pid: Int32) -> Bool { false }

    func session(_ identifier: String) throws(PresenceRefusal) -> LoginSession {
        LoginSession(uid: getuid(), isActive: true, isRemote: false, seat: "seat0", kind: .user)
    }

    func sessions() throws(PresenceRefusal) -> [LoginSession] { [] }

    func sessions(ofUser uid: UInt32) throws(PresenceRefusal) -> [LoginSession] { [] }

    func frontSession(ofSeat seat: String) throws(PresenceRefusal) -> LoginSession? { nil }
}

@Suite("presence: who is believed")
struct PresencePolicyTests {
    private func check(_ directory: ToldDirectory, _ process: PeerProcess?) -> PresenceRefusal? {
        let policy = PresencePolicy.session(seat: "seat0", displayManagers: [], directory: directory)
        let caller = PeerCredentials(uid: getuid(), gid: getgid(), pid: process?.pid ?? 1, process: process)
        do {
            _ = try policy.check(caller, getuid())
            return nil
        } catch {
            return error
        }
    }

    /// A process that lives until it is told to end.
    private func sleeper() throws -> Process {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/bin/sleep")
        process.arguments = ["60"]
        try process.run()
        return process
    }

    @Test("a living process is believed; one that ended, one that ends during the reading, and none are not")
    func life() throws {
        let mine = try #require(PeerProcess(pid: getpid()))
        #expect(check(ToldDirectory(), mine) == nil)
        #expect(check(ToldDirectory(), nil) == .callerGone)
        let child = try sleeper()
        let held = try #require(PeerProcess(pid: child.processIdentifier))
        #expect(check(ToldDirectory(), held) == nil)
        // The pid could be another process's by the time that it was looked up.
        let ending = ToldDirectory(place: {
            kill(held.pid, SIGKILL)
            while held.isAlive { usleep(1000) }
            return .session("1")
        })
        #expect(check(ending, held) == .callerGone)
        #expect(check(ToldDirectory(), held) == .callerGone)
        child.waitUntilExit()
        #expect(PeerProcess(pid: held.pid) == nil)
        #expect(PeerProcess(pid: 0) == nil && PeerProcess(pid: -1) == nil)
    }

    @Test("without logind, and where something cannot be read, nobody is here")
    func failures() throws {
        let mine = try #require(PeerProcess(pid: getpid()))
        #expect(check(ToldDirectory(isAvailable: false), mine) == .noLogind)
        for failure in [PresenceRefusal.unknown(what: "x"), .callerGone] {
            #expect(check(ToldDirectory(failure: failure), mine) == failure)
        }
    }

    @Test("without the rule everybody is served, and answerable himself")
    func none() throws {
        #expect(try PresencePolicy.none.check(PeerCredentials(uid: 0, gid: 0, pid: 1), 7) == 7)
        #expect(try PresencePolicy.none.check(PeerCredentials(uid: 5, gid: 0, pid: 1), 7) == 5)
    }

    @Test("this process, as sd-login sees it")
    func readsItself() throws {
        // No session could be faked in this process; Tests/EndToEnd/test_presence.py does it for the daemon.
        _ = try LogindSessions().place(ofProcess: getpid())
        #expect(throws: PresenceRefusal.self) { try LogindSessions().place(ofProcess: .max) }
        #expect(throws: PresenceRefusal.self) { try LogindSessions().session("no such session") }
        #expect(try LogindSessions().sessions(ofUser: 4_000_000_000).isEmpty)
    }

    @Test("virtual terminals")
    func consoles() {
        func status(_ terminal: Int32, name: String = "login") -> String {
            "4711 (\(name)) S 1 4711 4711 \(terminal) 4711 4194560 0 0"
        }
        #expect(FrontConsole.terminal(ofStatus: status(4 << 8 | 2)) == 2)
        #expect(FrontConsole.terminal(ofStatus: status(4 << 8 | 63)) == 63)
        #expect(FrontConsole.terminal(ofStatus: status(4 << 8 | 64)) == nil)  // ttyS0
        #expect(FrontConsole.terminal(ofStatus: status(4 << 8)) == nil)  // tty0 is no terminal of its own
        #expect(FrontConsole.terminal(ofStatus: status(136 << 8 | 2)) == nil)  // pts/2
        #expect(FrontConsole.terminal(ofStatus: status(0)) == nil)
        #expect(FrontConsole.terminal(ofStatus: status(-1)) == nil)
        // A name that looks like the rest of the line.
        #expect(FrontConsole.terminal(ofStatus: status(34816, name: "a) S 1 1 1 1026 1")) == nil)
        for text in ["", "1", "1 (a", "1 (a)", "1 (a) S 1 1 1", "1 (a) S 1 1 1 x", ")))) 9 9 9 9 99999999999"] {
            #expect(FrontConsole.terminal(ofStatus: text) == nil)
        }
        #expect(FrontConsole.front("tty2\n") == 2 && FrontConsole.front("tty63") == 63)
        #expect(FrontConsole.front("") == nil && FrontConsole.front("ttyS0\n") == nil && FrontConsole.front("2") == nil)
    }

    @Test("classes of logind")
    func kinds() {
        for (name, kind) in [
            ("user", LoginSession.Kind.user), ("user-early", .user), ("greeter", .greeter),
            ("lock-screen", .lockScreen),
            ("background", .other), ("manager", .other), ("", .other),
        ] {
            #expect(LoginSession.Kind(logind: name) == kind)
        }
    }
}
