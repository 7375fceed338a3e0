import Testing

@testable import ServiceSupport

@Suite("daemons")
struct DaemonTests {
    private let daemon: Daemon

    init() throws {
        daemon = Daemon(
            name: "semblance-test",
            logger: ServiceLogHandler.logger("semblance-test"),
            notifier: ServiceNotifier(socket: nil),
            sockets: try PassedSockets([], names: ["test"])
        )
    }

    @Test("without a passed socket and without a path there is nothing to listen on")
    func noSocket() {
        let failure = #expect(throws: ProgramFailure.self) {
            _ = try daemon.varlinkServer([], socket: "test", path: nil) {}
        }
        #expect(failure?.description == "no socket to listen on")
    }

    @Test("a user is named by a name or a uid, and his absence by what he is there for")
    func user() throws {
        #expect(try Daemon.uid(of: "root", role: "sensor") == 0)
        #expect(try Daemon.uid(of: "12345", role: "sensor") == 12345)
        let failure = #expect(throws: ProgramFailure.self) { try Daemon.uid(of: "no-such-user-here", role: "sensor") }
        #expect(failure?.description == "there is no user \"no-such-user-here\" for the sensor")
    }
}
