import Encoding
import Foundation
import Logging
import Testing

@testable import Varlink

/// `org.semblance.Proxy`: whose a connection is once somebody was named, and what is served then.
@Suite struct ProxyTests {
    private static let proxy: UInt32 = 4711

    private let dispatcher: Dispatcher
    private let connection: UInt64

    init() throws {
        let interface = try VarlinkInterface(
            description: """
                interface org.semblance.test
                method Who() -> (uid: int)
                method Change() -> (uid: int)
                method Own() -> (uid: int)

                """
        )
        let who: VarlinkService.Handler = { ["uid": .integer(Int64($0.peer.uid))] }
        dispatcher = Dispatcher(
            identity: .init(vendor: "", product: "", version: "", url: ""),
            services: [
                VarlinkService(
                    interface: interface,
                    handlers: ["Who": who, "Change": who, "Own": who],
                    proxied: ["Who": .anybody, "Change": .allButRoot]
                )
            ],
            connections: ConnectionTable(limits: VarlinkLimits()),
            proxy: ProxyRule(uid: Self.proxy, checksProcesses: true),
            logger: Logger(label: "test")
        )
        connection = try #require(dispatcher.connections.admit(Self.proxy))
    }

    private func call(
        _ method: String,
        _ parameters: [String: JSON] = [:],
        by uid: UInt32 = proxy,
        dispatcher: Dispatcher? = nil
    ) async throws -> Dispatcher.Reply {
        let text = JSON.object(["method": .string(method), "parameters": .object(parameters)]).encode()
        return await (dispatcher ?? self.dispatcher).reply(
            to: try VarlinkMessage(parsing: text, maximumDepth: 16),
            peer: PeerCredentials(uid: uid, gid: uid, pid: getpid()),
            connection: connection,
            send: { _ in }
        )
    }

    private func actFor(uid: Int64, pid: Int64, by caller: UInt32 = proxy) async throws -> Dispatcher.Reply {
        try await call("org.semblance.Proxy.ActFor", ["uid": .integer(uid), "pid": .integer(pid)], by: caller)
    }

    private var own: (uid: Int64, pid: Int64) { (Int64(geteuid()), Int64(getpid())) }

    @Test func theConnectionIsTheOthersFromThenOn() async throws {
        #expect(try await call("org.semblance.test.Who") == .result(["uid": .integer(Int64(Self.proxy))]))
        #expect(try await actFor(uid: own.uid, pid: own.pid) == .result([:]))
        #expect(try await call("org.semblance.test.Who") == .result(["uid": .integer(own.uid)]))
        // Once for all.
        #expect(try await actFor(uid: own.uid, pid: own.pid) == .error(ProxyError.notAuthorized.reply))
    }

    @Test func onlyTheMethodsThatAProxyMayCall() async throws {
        #expect(try await call("org.semblance.test.Own") == .result(["uid": .integer(Int64(Self.proxy))]))
        #expect(try await actFor(uid: own.uid, pid: own.pid) == .result([:]))
        #expect(try await call("org.semblance.test.Own") == .error(.permissionDenied))
        let change = try await call("org.semblance.test.Change")
        #expect(change == (own.uid == 0 ? .error(.permissionDenied) : .result(["uid": .integer(own.uid)])))
    }

    @Test(arguments: [0, 1000, UInt32.max - 1])
    func nobodyElse(_ uid: UInt32) async throws {
        #expect(try await actFor(uid: own.uid, pid: own.pid, by: uid) == .error(ProxyError.notAuthorized.reply))
        #expect(try await call("org.semblance.test.Who", by: uid) == .result(["uid": .integer(Int64(uid))]))
    }

    @Test func theProcessIsThatUsersAndLives() async throws {
        #expect(try await actFor(uid: own.uid + 1, pid: own.pid) == .error(ProxyError.callerGone.reply))
        let ended = Process()
        ended.executableURL = URL(fileURLWithPath: "/bin/true")
        try ended.run()
        ended.waitUntilExit()
        let gone = Int64(ended.processIdentifier)
        #expect(try await actFor(uid: own.uid, pid: gone) == .error(ProxyError.callerGone.reply))
        for uid: Int64 in [-1, 1 << 32, (1 << 32) - 1] {
            #expect(try await actFor(uid: uid, pid: own.pid) == .error(.invalidParameter("uid")))
        }
        for pid: Int64 in [0, -1, 1 << 32, Int64.min] {
            #expect(try await actFor(uid: own.uid, pid: pid) == .error(.invalidParameter("pid")))
        }
        // None of these has made the connection anybody's.
        #expect(try await call("org.semblance.test.Own") == .result(["uid": .integer(Int64(Self.proxy))]))
    }

    @Test func withoutARuleThereIsNoSuchInterface() async throws {
        let plain = Dispatcher(
            identity: dispatcher.identity,
            services: Array(dispatcher.services.values),
            connections: dispatcher.connections,
            logger: dispatcher.logger
        )
        let reply = try await call(
            "org.semblance.Proxy.ActFor",
            ["uid": .integer(own.uid), "pid": .integer(own.pid)],
            dispatcher: plain
        )
        #expect(reply == .error(.interfaceNotFound("org.semblance.Proxy")))
    }
}
