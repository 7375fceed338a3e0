import Foundation
import NIOCore
import NIOPosix
import Testing

@testable import Encoding
@testable import Varlink

@Suite("server and client")
struct ServerTests {
    @Test("calls, results, errors and the peer's credentials")
    func calls() async throws {
        try await TestService.run { service in
            let client = try await service.client()
            let echo = try await client.call("org.semblance.test.Echo", ["text": "é\n\"😀"])
            #expect(echo.values == ["text": "é\n\"😀", "count": nil])
            let who = try await client.call("org.semblance.test.Who")
            #expect(try who.integer("uid") == Int64(getuid()))
            #expect(try who.integer("gid") == Int64(getgid()))
            #expect(try who.integer("pid") == Int64(getpid()))
            #expect(client.peer.uid == getuid())
            #expect(service.peers.withLockedValue { $0.last??.pid } == getpid())
            #expect(service.peers.withLockedValue { $0.last??.isAlive } == true)
            let sum = try await client.call(
                "org.semblance.test.Pairs",
                ["pairs": [["key": "a", "value": 2], ["key": "b", "value": 3]]]
            )
            #expect(try sum.integer("sum") == 5)
            await #expect(
                throws: VarlinkClientError.reply(VarlinkError("org.semblance.test.Refused", ["reason": "why"]))
            ) {
                try await client.call("org.semblance.test.Refuse", ["reason": "why"])
            }
            await client.close()
        }
    }

    @Test("the peer's process is held: it is seen to end, and its connection gives the descriptor back")
    func peerProcess() async throws {
        let before = try descriptorCount()
        try await TestService.run { service in
            let child = Process()
            child.executableURL = URL(fileURLWithPath: "/usr/bin/python3")
            child.arguments = [
                "-c",
                """
                import socket, sys
                link = socket.socket(socket.AF_UNIX)
                link.connect(sys.argv[1])
                link.sendall(b'{"method": "org.semblance.test.Who"}\\0')
                link.recv(4096)
                sys.stdin.read()
                """,
                service.path,
            ]
            let input = Pipe()
            child.standardInput = input
            try child.run()
            while service.peers.withLockedValue({ $0.isEmpty }) { try await Task.sleep(for: .milliseconds(5)) }
            let process = try #require(service.peers.withLockedValue { $0[0] })
            #expect(process.pid == child.processIdentifier && process.isAlive)
            try input.fileHandleForWriting.close()
            child.waitUntilExit()
            #expect(!process.isAlive)
            service.peers.withLockedValue { $0.removeAll() }
        }
        #expect(try descriptorCount() <= before)
    }

    @Test("a kernel without SO_PEERPIDFD: the process is found by its pid")
    func peerProcessOfOlderKernels() async throws {
        try await TestService.run { service in
            let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
                .connect(unixDomainSocketPath: service.path).get()
            let options = try #require(channel as? any SocketOptionProvider)
            for (pid, expected) in [(getpid(), getpid()), (0, nil), (.max, nil)] as [(Int32, Int32?)] {
                let process = try await PeerProcess.ofPeer(options, pid: pid, option: 30_000).get()
                #expect(process?.pid == expected)
                #expect(process?.isAlive ?? (expected == nil))
            }
            let mine = try #require(try await PeerProcess.ofPeer(options, pid: getpid()).get())
            #expect(mine.pid == getpid() && mine.isAlive)
            #expect(try await PeerProcess.ofPeer(options, pid: 0).get() == nil)
            try await channel.close()
        }
    }

    private func descriptorCount() throws -> Int {
        try FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd").count {
            (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/fd/\($0)")) == "anon_inode:[pidfd]"
        }
    }

    @Test("the standard errors name what is wrong")
    func standardErrors() async throws {
        try await TestService.run { service in
            let client = try await service.client()
            let cases: [(String, [String: JSON], VarlinkError)] = [
                ("org.example.No.Method", [:], .interfaceNotFound("org.example.No")),
                ("nodots", [:], .interfaceNotFound("nodots")),
                ("", [:], .interfaceNotFound("")),
                ("org.semblance.test.Nope", [:], .methodNotFound("Nope")),
                ("org.semblance.test.", [:], .methodNotFound("")),
                ("org.varlink.service.Nope", [:], .methodNotFound("Nope")),
                ("org.semblance.test.Echo", [:], .invalidParameter("text")),
                ("org.semblance.test.Echo", ["text": 1], .invalidParameter("text")),
                ("org.semblance.test.Echo", ["text": "a", "uid": 0], .invalidParameter("uid")),
                ("org.semblance.test.Echo", ["text": "a", "count": 1.5], .invalidParameter("count")),
                (
                    "org.semblance.test.Pairs", ["pairs": [["key": "a", "value": "2"]]],
                    .invalidParameter("pairs.0.value")
                ),
                ("org.varlink.service.GetInterfaceDescription", [:], .invalidParameter("interface")),
                (
                    "org.varlink.service.GetInterfaceDescription", ["interface": "x.y"],
                    .interfaceNotFound("x.y")
                ),
            ]
            for (method, parameters, expected) in cases {
                await #expect(throws: VarlinkClientError.reply(expected)) {
                    try await client.call(method, parameters)
                }
            }
            await client.close()
        }
    }

    @Test("introspection serves the very text of the description")
    func introspection() async throws {
        try await TestService.run { service in
            let client = try await service.client()
            let info = try await client.call("org.varlink.service.GetInfo")
            #expect(try info.string("vendor") == "Semblance")
            #expect(try info.string("product") == "test")
            #expect(try info.strings("interfaces") == ["org.semblance.test", "org.varlink.service"])
            for (name, text) in [
                ("org.semblance.test", TestService.description),
                ("org.varlink.service", VarlinkInterface.service.description),
            ] {
                let reply = try await client.call(
                    "org.varlink.service.GetInterfaceDescription",
                    ["interface": .string(name)]
                )
                #expect(try reply.string("description") == text)
            }
            await client.close()
        }
    }

    @Test("more gets every intermediate reply in order, without more there is one reply")
    func more() async throws {
        try await TestService.run { service in
            let client = try await service.client()
            let (numbers, continuation) = AsyncStream.makeStream(of: Int64.self)
            let last = try await client.call("org.semblance.test.Count", ["limit": 20]) { parameters in
                continuation.yield((try? parameters.integer("number")) ?? -1)
            }
            continuation.finish()
            var seen: [Int64] = []
            for await number in numbers { seen.append(number) }
            #expect(seen == Array(1...19))
            #expect(try last.integer("number") == 20)
            let single = try await client.call("org.semblance.test.Count", ["limit": 20])
            #expect(single.values == ["number": 20])
            await client.close()
        }
    }

    @Test("progress after the reply is dropped")
    func lateProgress() async throws {
        try await TestService.run { service in
            let path = service.path
            let replies = await blocking { () -> [String] in
                guard let client = RawClient(path) else { return [] }
                client.send(#"{"method":"org.semblance.test.Late","more":true}"#)
                var replies: [String] = []
                while replies.last != #"{"parameters":{"text":"done"}}"#, let reply = client.receive() {
                    replies.append(reply)
                }
                usleep(50_000)
                client.send(#"{"method":"org.semblance.test.Echo","parameters":{"text":"next"}}"#)
                return [client.receive() ?? ""]
            }
            #expect(replies == [#"{"parameters":{"count":null,"text":"next"}}"#])
        }
    }

    @Test("oneway calls are served and not answered; pipelined calls are answered in order")
    func onewayAndPipelining() async throws {
        try await TestService.run { service in
            let path = service.path
            let replies = await blocking { () -> [String?] in
                guard let client = RawClient(path) else { return [] }
                client.send(#"{"method":"org.semblance.test.Echo","parameters":{"text":"silent"},"oneway":true}"#)
                client.send(
                    Array(#"{"method":"org.semblance.test.Echo","parameters":{"text":"1"}}"#.utf8) + [0]
                        + Array(#"{"method":"org.semblance.test.Refuse","parameters":{"reason":"2"}}"#.utf8) + [0]
                        + Array(#"{"method":"org.semblance.test.Echo","parameters":{"text":"3"}}"#.utf8) + [0]
                )
                return [client.receive(), client.receive(), client.receive()]
            }
            #expect(
                replies == [
                    #"{"parameters":{"count":null,"text":"1"}}"#,
                    #"{"error":"org.semblance.test.Refused","parameters":{"reason":"2"}}"#,
                    #"{"parameters":{"count":null,"text":"3"}}"#,
                ]
            )
            #expect(service.echoed.withLockedValue { $0 } == 3)
        }
    }

    @Test("a call byte by byte is understood")
    func dribble() async throws {
        try await TestService.run { service in
            let path = service.path
            let reply = await blocking { () -> String? in
                guard let client = RawClient(path) else { return nil }
                for byte in Array(#"{"method":"org.semblance.test.Echo","parameters":{"text":"x"}}"#.utf8) + [0] {
                    client.send([byte])
                }
                return client.receive()
            }
            #expect(reply == #"{"parameters":{"count":null,"text":"x"}}"#)
        }
    }

    @Test(
        "what is not a call ends the connection without a reply",
        arguments: [
            "", "x", "[]", "{}", "{\"method\":1}", "{\"method\":\"a.B\",\"parameters\":{}", "\u{1}",
            "{\"method\":\"org.semblance.test.Echo\",\"parameters\":{\"text\":\"a\"},\"peer\":0}",
            String(repeating: "[", count: 100_000),
        ]
    )
    func malformed(_ text: String) async throws {
        try await TestService.run { service in
            let path = service.path
            let hungUp = await blocking {
                guard let client = RawClient(path) else { return false }
                client.send(text)
                return client.receive() == nil && client.isHungUp()
            }
            #expect(hungUp)
            // And the next one is served.
            let client = try await service.client()
            _ = try await client.call("org.semblance.test.Who")
            await client.close()
        }
    }

    @Test("a caller that hangs up cancels its call, and its connection is reported closed once")
    func hangUp() async throws {
        try await TestService.run { service in
            let path = service.path
            await blocking {
                let client = RawClient(path)
                client?.send(#"{"method":"org.semblance.test.Wait"}"#)
                usleep(100_000)
            }
            #expect(await eventually { service.cancelled.withLockedValue { $0 } == 1 })
            #expect(await eventually { service.closed.withLockedValue { $0 } == [1] })
        }
    }

    @Test("a caller that closes only its own half gets its replies, also to what it had pipelined, and then the end")
    func halfClose() async throws {
        try await TestService.run { service in
            let path = service.path
            let replies = await blocking { () -> [String?] in
                guard let client = RawClient(path) else { return [] }
                client.send(
                    Array(#"{"method":"org.semblance.test.Pause"}"#.utf8) + [0]
                        + Array(#"{"method":"org.semblance.test.Echo","parameters":{"text":"2"}}"#.utf8) + [0]
                        + Array(#"{"method":"org.semblance.test.Ec"#.utf8)
                )
                shutdown(client.descriptor, Int32(SHUT_WR))
                return [client.receive(), client.receive(), client.receive(), client.isHungUp() ? "end" : "open"]
            }
            #expect(
                replies == [#"{"parameters":{}}"#, #"{"parameters":{"count":null,"text":"2"}}"#, nil, "end"]
            )
        }
    }

    @Test("a caller that closes its half and then hangs up cancels its call")
    func halfCloseThenHangUp() async throws {
        try await TestService.run { service in
            let path = service.path
            await blocking {
                let client = RawClient(path)
                client?.send(#"{"method":"org.semblance.test.Wait"}"#)
                if let client { shutdown(client.descriptor, Int32(SHUT_WR)) }
                usleep(200_000)
            }
            #expect(await service.waits(1))
            #expect(await eventually { service.cancelled.withLockedValue { $0 } == 1 })
            #expect(await eventually { service.closed.withLockedValue { $0 } == [1] })
        }
    }

    @Test("cancelling a client's task hangs up")
    func cancellation() async throws {
        try await TestService.run { service in
            let client = try await service.client()
            let task = Task { try await client.call("org.semblance.test.Wait", timeout: .seconds(600)) }
            #expect(await service.waits(1))
            task.cancel()
            await #expect(throws: VarlinkClientError.cancelled) { try await task.value }
            #expect(await eventually { service.cancelled.withLockedValue { $0 } == 1 })
            await #expect(throws: VarlinkClientError.self) { try await client.call("org.semblance.test.Who") }
        }
    }

    @Test("a client gives up after its timeout")
    func clientTimeout() async throws {
        try await TestService.run { service in
            let client = try await service.client()
            await #expect(throws: VarlinkClientError.timedOut) {
                try await client.call("org.semblance.test.Wait", timeout: .milliseconds(100))
            }
            #expect(await eventually { service.cancelled.withLockedValue { $0 } == 1 })
        }
    }

    @Test("one call at a time on a client")
    func busyClient() async throws {
        try await TestService.run { service in
            let client = try await service.client()
            let first = Task { try await client.call("org.semblance.test.Wait", timeout: .seconds(600)) }
            #expect(await service.waits(1))
            await #expect(throws: VarlinkClientError.busy) { try await client.call("org.semblance.test.Who") }
            first.cancel()
            _ = await first.result
        }
    }

    @Test("stopping lets nothing hang: idle connections end, the socket is gone, run() returns")
    func stopping() async throws {
        let service = try TestService()
        let idle = try await service.client()
        _ = try await idle.call("org.semblance.test.Who")
        let waiting = try await service.client()
        let call = Task { try await waiting.call("org.semblance.test.Wait", timeout: .seconds(600)) }
        #expect(await service.waits(1))
        service.server.stop()
        try await service.stop()
        await #expect(throws: VarlinkClientError.closed) { try await call.value }
        await #expect(throws: VarlinkClientError.closed) { try await idle.call("org.semblance.test.Who") }
        #expect(!FileManager.default.fileExists(atPath: service.path))
        #expect(Set(service.closed.withLockedValue { $0 }) == [1, 2])
    }
}
