import Foundation
import Glibc
import NIOCore
import Sodium
import Synchronization
import Testing

@testable import VerifierCore

/// What one client, or many of one network, can take away from the others.
@Suite(.serialized) struct HTTPLimitTests {
    private static func head(_ path: String, _ framing: String) -> [UInt8] {
        Array("POST \(path) HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n\(framing)\r\n\r\n".utf8)
    }

    @Test func onlyProofsMayBeLong() async throws {
        let http = try await HTTPBench()
        for path in ["/v1/challenge", "/v1/enrol/challenge", "/v1/rotate/challenge", "/v1/nothing", "/v1/identity"] {
            let declared = await http.client.exchange([Self.head(path, "Content-Length: 4097")])
            #expect(!declared.text.hasPrefix("HTTP/1.1 200"), "\(path)")
            #expect(declared.isClosed)
        }
        let declared = await http.client.exchange([Self.head("/v1/challenge", "Content-Length: 4097")])
        #expect(declared.text.hasPrefix("HTTP/1.1 413"))
        let chunk = Array("1000\r\n".utf8) + [UInt8](repeating: 0x20, count: 0x1000) + Array("\r\n".utf8)
        let chunked = await http.client.exchange([
            Self.head("/v1/challenge", "Transfer-Encoding: chunked"), chunk, chunk,
        ])
        #expect(chunked.text.hasPrefix("HTTP/1.1 413"))
        #expect(chunked.text.hasSuffix(#"{"error":"tooLarge"}"#))
        // Exactly the limit is read, and found to be no JSON.
        let fitting = await http.client.request("POST", "/v1/challenge", body: String(repeating: " ", count: 4096))
        #expect(fitting.status == 400)
        let long = String(repeating: " ", count: 100_000)
        #expect(await http.client.request("POST", "/v1/verify", body: long).status == 400)
        await http.stop()
    }

    /// A client that is refused while it still sends sees the answer, not a reset.
    @Test func theRefusalOfALongBodyArrives() async throws {
        let http = try await HTTPBench()
        let body = [UInt8](repeating: 0x20, count: 3 << 20)
        let answer = await http.client.exchange([Self.head("/v1/verify", "Content-Length: \(body.count)"), body])
        #expect(answer.text.hasPrefix("HTTP/1.1 413"))
        #expect(answer.isClosed)
        await http.stop()
    }

    @Test func bodiesInFlightHaveABudget() async throws {
        // Of 1 MiB one network has what one proof takes.
        let http = try await HTTPBench(requestTimeoutSeconds: 6, maximumBodyBytes: 1 << 20)
        let half = [UInt8](repeating: 0x20, count: 600_000)
        let client = http.client
        let holder = Task {
            await client.exchange([Self.head("/v1/verify", "Content-Length: 600001"), half], timeout: 9)
        }
        try await Task.sleep(for: .milliseconds(500))
        let second = await client.exchange([Self.head("/v1/verify", "Content-Length: 600001"), half])
        #expect(second.text.hasPrefix("HTTP/1.1 503"))
        #expect(second.text.contains("Retry-After: 1"))
        #expect(second.text.hasSuffix(#"{"error":"busy"}"#))
        #expect(second.isClosed)
        // Short requests go on, and when the first has timed out there is room again.
        #expect(await client.request("GET", "/v1/identity").status == 200)
        _ = await holder.value
        // (The client may see the end of the connection before the server has given its place back.)
        var status = 503
        for _ in 0..<50 where status == 503 {
            status = await client.request("POST", "/v1/verify", body: String(decoding: half, as: UTF8.self)).status
            try await Task.sleep(for: .milliseconds(100))
        }
        #expect(status == 400)
        await http.stop()
    }

    @Test func aBudgetIsSharedAndGivenBack() {
        let budget = SharedBudget(total: 100, share: 60)
        #expect(budget.take(60, for: [1]))
        #expect(!budget.take(1, for: [1]))
        #expect(budget.take(40, for: [2]))
        #expect(!budget.take(1, for: [3]))
        budget.give(60, from: [1])
        #expect(budget.take(60, for: [3]))
        budget.give(60, from: [3])
        budget.give(40, from: [2])
        #expect(budget.used == 0)
    }

    /// The attack of 512 half requests, at 1/32 scale: every place is taken, and an honest client gets one.
    @Test func halfOpenConnectionsKeepNobodyOut() async throws {
        let http = try await HTTPBench(maximumConnections: 16, maximumConnectionsPerAddress: 16)
        let client = http.client
        let half = Array("POST /v1/verify HTTP/1.1\r\nHost: x\r\n".utf8)
        let attackers = (0..<16).map { _ in client.open(half) }
        defer { for descriptor in attackers { close(descriptor) } }
        #expect(attackers.allSatisfy { $0 >= 0 })
        try await Task.sleep(for: .milliseconds(1500))
        for _ in 0..<5 {
            let start = ContinuousClock.now
            #expect(await client.request("GET", "/v1/identity").status == 200)
            #expect(ContinuousClock.now - start < .seconds(3))
        }
        await http.stop()
    }

    /// Every place is taken by a client that asks without end and reads no answer.
    @Test func whoReadsNothingHoldsNoPlace() async throws {
        let http = try await HTTPBench(maximumConnections: 16, maximumConnectionsPerAddress: 16)
        let client = http.client
        let asking = Array("GET /.well-known/jwks.json HTTP/1.1\r\nHost: x\r\n\r\n".utf8)
        let attackers = (0..<16).map { _ in client.open(Array([[UInt8]](repeating: asking, count: 200).joined())) }
        defer { for descriptor in attackers { close(descriptor) } }
        try await Task.sleep(for: .milliseconds(500))
        for _ in 0..<5 { #expect(await client.request("GET", "/v1/identity").status == 200) }
        await http.stop()
    }

    @Test func theConnectionThatIsNeededLeastMakesRoom() throws {
        let ended = Mutex<[String]>([])
        func ending(_ name: String) -> ConnectionRegistry.Ending {
            .init(close: { ended.withLock { $0.append(name) } }, drain: {})
        }
        let registry = ConnectionRegistry(limit: 6, limitPerNetwork: 3)
        let start = NIODeadline.uptimeNanoseconds(1_000_000_000_000)
        func enter(_ network: [UInt8]?, _ name: String, seconds: Int64) -> UInt64? {
            registry.enter(network, at: start + .seconds(seconds), ending: ending(name))
        }
        let served = try #require(enter([1], "1 served", seconds: 0))
        registry.answering(served)
        let done = try #require(enter([1], "1 done", seconds: 1))
        registry.answering(done)
        registry.waiting(done, at: start + .seconds(2))
        _ = enter([1], "1 silent", seconds: 3)
        _ = enter([2], "2 first", seconds: 0)
        _ = enter([2], "2 second", seconds: 1)
        _ = enter(nil, "proxy", seconds: 0)
        // All six places are taken; network 1 has most, and of its own the silent one goes first.
        #expect(enter([3], "3", seconds: 10) != nil)
        #expect(ended.withLock { $0 } == ["1 silent"])
        // Now 1 and 2 have two each: the oldest silent one.
        #expect(enter([4], "4", seconds: 10) != nil)
        #expect(ended.withLock { $0 } == ["1 silent", "2 first"])
        #expect(enter([5], "5", seconds: 10) != nil)
        #expect(ended.withLock { $0 } == ["1 silent", "2 first", "1 done"])
        // A network that has its share makes room by itself.
        let crowd = ConnectionRegistry(limit: 100, limitPerNetwork: 2)
        let first = try #require(crowd.enter([1], at: start, ending: ending("a")))
        _ = crowd.enter([1], at: start, ending: ending("b"))
        crowd.answering(first)
        #expect(crowd.enter([1], at: start, ending: ending("c")) != nil)
        #expect(ended.withLock { $0.last } == "b")
        // Nobody who is being answered is cut off.
        let full = ConnectionRegistry(limit: 1, limitPerNetwork: 1)
        full.answering(try #require(full.enter([1], at: start, ending: ending("x"))))
        #expect(full.enter([2], at: start, ending: ending("y")) == nil)
        #expect(ended.withLock { $0.last } == "b")
    }

    /// A stop waits for answers, not for clients that have not finished asking.
    @Test func stoppingDoesNotWaitForHalfARequest() async throws {
        let gate = GatedChecker()
        gate.open()
        let bench = try TestBench(checker: gate)
        let key = SigningKey()
        try await bench.enrol("alice", device: key)
        let http = try await HTTPBench(bench: bench)
        let proof = try bench.proof(try await http.challenge("alice", key: key))
        gate.close()
        let client = http.client
        let half = Task {
            await client.exchange([Self.head("/v1/verify", "Content-Length: 1000"), [0x20]], timeout: 12)
        }
        let body = String(decoding: HTTPBench.submission(proof, key: key).encode(), as: UTF8.self)
        let whole = Task { await client.request("POST", "/v1/verify", body: body).status }
        while gate.waiting < 1 { try await Task.sleep(for: .milliseconds(5)) }
        try await Task.sleep(for: .milliseconds(300))
        let start = ContinuousClock.now
        http.beginStopping()
        #expect(await half.value.isClosed)
        #expect(ContinuousClock.now - start < .seconds(2))
        gate.open()
        #expect(await whole.value == 200)
        await http.stop()
        #expect(ContinuousClock.now - start < .seconds(4))
    }

    /// A stop ends also with a request whose answer does not come.
    @Test func stoppingHasAnEnd() async throws {
        let gate = GatedChecker()
        gate.open()
        let bench = try TestBench(checker: gate)
        let key = SigningKey()
        try await bench.enrol("alice", device: key)
        let http = try await HTTPBench(bench: bench, grace: .milliseconds(500))
        let proof = try bench.proof(try await http.challenge("alice", key: key))
        gate.close()
        let body = String(decoding: HTTPBench.submission(proof, key: key).encode(), as: UTF8.self)
        let client = http.client
        let whole = Task { await client.request("POST", "/v1/verify", body: body) }
        while gate.waiting < 1 { try await Task.sleep(for: .milliseconds(5)) }
        let start = ContinuousClock.now
        await http.stop()
        #expect(ContinuousClock.now - start < .seconds(3))
        gate.open()
        _ = await whole.value
    }
}
