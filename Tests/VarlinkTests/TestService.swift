import Foundation
import Logging
import NIOConcurrencyHelpers

@testable import Varlink

/// A server with a small interface on a socket in a directory of its own.
final class TestService: Sendable {
    static let description = """
        # An interface for tests.
        interface org.semblance.test
        type Pair (key: string, value: int)
        error Refused (reason: string)
        method Echo(text: string, count: ?int) -> (text: string, count: ?int)
        # Counts up to the limit; with more, one reply for each number.
        method Count(limit: int) -> (number: int)
        # Its handler goes on sending progress after the reply.
        method Late() -> (text: string)
        method Who() -> (uid: int, gid: int, pid: int, connection: int)
        method Refuse(reason: string) -> ()
        # Returns when the caller hangs up.
        method Wait() -> ()
        # Returns after a moment.
        method Pause() -> ()
        method Pairs(pairs: []Pair) -> (sum: int)

        """

    let directory: String
    let path: String
    let server: VarlinkServer
    let cancelled = NIOLockedValueBox(0)
    let waiting = NIOLockedValueBox(0)
    let closed = NIOLockedValueBox<[UInt64]>([])
    let echoed = NIOLockedValueBox(0)
    /// Processes of the callers of `Who`.
    let peers = NIOLockedValueBox<[PeerProcess?]>([])
    private let task: NIOLockedValueBox<Task<Void, any Error>?> = .init(nil)

    init(limits: VarlinkLimits = VarlinkLimits(), listener: ((String) throws -> VarlinkListener)? = nil) throws {
        directory = NSTemporaryDirectory() + "semblance-varlink-" + UUID().uuidString.prefix(8)
        try FileManager.default.createDirectory(
            atPath: directory,
            withIntermediateDirectories: false,
            attributes: [.posixPermissions: 0o700]
        )
        path = directory + "/socket"
        let interface = try VarlinkInterface(description: Self.description)
        let cancelled = cancelled
        let waiting = waiting
        let closed = closed
        let echoed = echoed
        let peers = peers
        let service = VarlinkService(
            interface: interface,
            handlers: [
                "Echo": { call throws(VarlinkError) in
                    echoed.withLockedValue { $0 += 1 }
                    let text = try call.parameters.string("text")
                    return ["text": .string(text), "count": call.parameters.values["count"] ?? .null]
                },
                "Count": { call throws(VarlinkError) in
                    let limit = try call.parameters.integer("limit")
                    for number in 1..<max(1, limit) { call.progress(["number": .integer(number)]) }
                    return ["number": .integer(limit)]
                },
                "Late": { call throws(VarlinkError) in
                    // Progress after the reply: a careless handler must not corrupt the next call's answer.
                    Task {
                        for _ in 0..<20 {
                            call.progress(["text": "late"])
                            try? await Task.sleep(for: .milliseconds(5))
                        }
                    }
                    return ["text": "done"]
                },
                "Who": { call throws(VarlinkError) in
                    peers.withLockedValue { $0.append(call.peer.process) }
                    return [
                        "uid": .integer(Int64(call.peer.uid)), "gid": .integer(Int64(call.peer.gid)),
                        "pid": .integer(Int64(call.peer.pid)), "connection": .integer(Int64(call.connection)),
                    ]
                },
                "Refuse": { call throws(VarlinkError) in
                    throw VarlinkError(
                        "org.semblance.test.Refused",
                        ["reason": .string(try call.parameters.string("reason"))]
                    )
                },
                "Wait": { _ throws(VarlinkError) in
                    waiting.withLockedValue { $0 += 1 }
                    try? await Task.sleep(for: .seconds(600))
                    if Task.isCancelled { cancelled.withLockedValue { $0 += 1 } }
                    return [:]
                },
                "Pause": { _ throws(VarlinkError) in
                    try? await Task.sleep(for: .milliseconds(200))
                    return [:]
                },
                "Pairs": { call throws(VarlinkError) in
                    var sum: Int64 = 0
                    for pair in try call.parameters.objects("pairs") { sum &+= try pair.integer("value") }
                    return ["sum": .integer(sum)]
                },
            ],
            connectionClosed: { identifier in closed.withLockedValue { $0.append(identifier) } }
        )
        server = VarlinkServer(
            identity: .init(vendor: "Semblance", product: "test", version: "1", url: "https://example.org/"),
            services: [service],
            listener: try listener?(path) ?? VarlinkListener(path: path, mode: 0o600),
            limits: limits,
            logger: Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() }),
            grace: .milliseconds(500)
        )
        let server = server
        task.withLockedValue { $0 = Task { try await server.run() } }
    }

    /// Returns when `count` calls of Wait are or were running.
    func waits(_ count: Int) async -> Bool {
        await eventually { [waiting] in waiting.withLockedValue { $0 } == count }
    }

    func client() async throws -> VarlinkClient {
        try await VarlinkClient.connect(to: path, trusted: [getuid()])
    }

    func stop() async throws {
        server.stop()
        try await task.withLockedValue { $0 }?.value
        try? FileManager.default.removeItem(atPath: directory)
    }

    /// Runs `body` against a running service and stops it whatever happens.
    static func run(
        limits: VarlinkLimits = VarlinkLimits(),
        _ body: (TestService) async throws -> Void
    ) async throws {
        let service = try TestService(limits: limits)
        do {
            try await body(service)
        } catch {
            try? await service.stop()
            throw error
        }
        try await service.stop()
    }
}

/// Waits until `condition` holds, at most `seconds`.
func eventually(within seconds: Double = 120, _ condition: @Sendable () -> Bool) async -> Bool {
    let deadline = ContinuousClock.now + .seconds(seconds)
    while ContinuousClock.now < deadline {
        if condition() { return true }
        try? await Task.sleep(for: .milliseconds(10))
    }
    return condition()
}
