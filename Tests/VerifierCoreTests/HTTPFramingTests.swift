import Foundation
import Logging
import Testing

@testable import VerifierCore

/// What a proxy or a load balancer relies on.
@Suite(.serialized) struct HTTPFramingTests {
    /// swift-nio 3651 and others: a body after HEAD is taken for the next response.
    @Test func headHasNoBodyAndTheConnectionStaysUsable() async throws {
        let http = try await HTTPBench()
        for path in ["/v1/identity", "/v1/health", "/v1/live", "/.well-known/jwks.json", "/v1/verify", "/nothing"] {
            let requests =
                "HEAD \(path) HTTP/1.1\r\nHost: a\r\n\r\nGET /v1/live HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
            let (text, isClosed) = await http.client.exchange([Array(requests.utf8)])
            #expect(isClosed)
            let parts = text.components(separatedBy: "\r\n\r\n")
            #expect(parts.count == 3, "\(path): \(text)")
            #expect(parts[0].contains(path.hasPrefix("/v1/verify") ? " 405 " : path == "/nothing" ? " 404 " : " 200 "))
            #expect(parts.count > 1 && parts[1].hasPrefix("HTTP/1.1 200 OK"))
            #expect(parts.last == #"{"status":"ok"}"#)
        }
        // The length is that of the answer to GET.
        let head = await http.client.exchange([Array("HEAD /v1/live HTTP/1.0\r\n\r\n".utf8)])
        #expect(head.text.lowercased().contains("content-length: 15\r\n"))
        await http.stop()
    }

    @Test func refusalsSayWhatWouldDo() async throws {
        let http = try await HTTPBench()
        func answer(_ line: String) async -> String {
            await http.client.exchange([Array("\(line) HTTP/1.0\r\nContent-Length: 0\r\n\r\n".utf8)]).text.lowercased()
        }
        #expect(await answer("DELETE /v1/live").contains("\r\nallow: get, head\r\n"))
        #expect(await answer("GET /v1/verify").contains("\r\nallow: post\r\n"))
        #expect(await answer("POST /v1/revoke").contains("\r\nwww-authenticate: bearer realm=\"semblance\"\r\n"))
        await http.stop()
    }

    /// nurl 91, deno 34446: a client's mistake is no alarm.
    @Test(arguments: ["-1\r\n{}\r\n0\r\n\r\n", "0x30\r\n", "fffffffffffffffff\r\n", "zz\r\n", "5\r\n{}"])
    func malformedChunksAreTheClientsMistake(_ chunk: String) async throws {
        let log = LogRecorder()
        let bench = try TestBench(logger: Logger(label: "test", factory: { _ in log.handler }))
        let http = try await HTTPBench(bench: bench)
        let head = """
            POST /v1/challenge HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n
            """
        let answer = await http.client.exchange([Array((head + chunk).utf8)], halfClosing: true, timeout: 8)
        #expect(answer.isClosed)
        #expect(!answer.text.contains(" 500 "))
        if chunk != "5\r\n{}" {
            #expect(answer.text.hasPrefix("HTTP/1.1 400"))
            #expect(answer.text.hasSuffix(#"{"error":"badRequest"}"#))
        }
        #expect(log.lines.allSatisfy { $0.hasPrefix("debug") }, "\(log.lines)")
        await http.stop()
    }

    @Test func oldClientsAreHungUpOnUnlessTheyAsk() async throws {
        let http = try await HTTPBench(requestTimeoutSeconds: 30)
        let plain = await http.client.exchange([Array("GET /v1/live HTTP/1.0\r\n\r\n".utf8)], timeout: 5)
        #expect(plain.isClosed)
        let asking = await http.client.exchange(
            [Array("GET /v1/live HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n".utf8)],
            timeout: 2
        )
        #expect(!asking.isClosed)
        #expect(asking.text.lowercased().contains("connection: keep-alive"))
        let modern = await http.client.exchange([Array("GET /v1/live HTTP/1.1\r\nHost: x\r\n\r\n".utf8)], timeout: 2)
        #expect(!modern.isClosed)
        for option in ["close", "Close", "TE, close"] {
            let request = "GET /v1/live HTTP/1.1\r\nHost: x\r\nConnection: \(option)\r\n\r\n"
            #expect(await http.client.exchange([Array(request.utf8)], timeout: 5).isClosed, "\(option)")
        }
        // Of two pipelined requests the second asks for the end: both are answered.
        let two =
            "GET /v1/live HTTP/1.1\r\nHost: x\r\n\r\nGET /v1/live HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
        let answers = await http.client.exchange([Array(two.utf8)], timeout: 5)
        #expect(answers.text.components(separatedBy: "HTTP/1.1 200").count == 3)
        #expect(answers.isClosed)
        await http.stop()
    }

    @Test func probesAreNotPutOff() async throws {
        let http = try await HTTPBench(requestsPerMinute: 2)
        for _ in 0..<2 { #expect(await http.client.request("GET", "/v1/identity").status == 200) }
        #expect(await http.client.request("GET", "/v1/identity").status == 429)
        for _ in 0..<5 {
            for path in ["/v1/health", "/v1/ready", "/v1/live"] {
                #expect(await http.client.request("GET", path).status == 200)
            }
        }
        // Without its database the service lives, and is not ready.
        try http.bench.verifier.store.close()
        try await Task.sleep(for: .milliseconds(1100))
        #expect(await http.client.request("GET", "/v1/live").status == 200)
        #expect(await http.client.request("GET", "/v1/ready").status == 503)
        #expect(await http.client.request("GET", "/v1/health").status == 503)
        await http.stop()
    }

    /// Readiness costs the database something: however many ask, it is asked once a second.
    @Test func readinessIsAskedForOnceASecond() async throws {
        let asked = Counter()
        let probe = ReadinessProbe {
            await asked.increase()
            try? await Task.sleep(for: .milliseconds(20))
            return true
        }
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<100 { group.addTask { #expect(await probe.isReady()) } }
        }
        #expect(await probe.isReady())
        #expect(await asked.count == 1)
    }

    private actor Counter {
        var count = 0
        func increase() { count += 1 }
    }
}
