import HTTPTypes
import Testing

@testable import VerifierCore

/// Whose requests are counted together.
@Suite(.serialized) struct ClientAddressTests {
    private func client(
        _ peer: String,
        _ values: [String],
        header: ProxyTrust.Header = .xForwardedFor,
        proxies: [String] = ["127.0.0.0/8", "10.0.0.7", "2001:db8:1::/48"]
    ) throws -> String? {
        let trust = ProxyTrust(proxies: try proxies.map { try #require(NetworkRange($0)) }, header: header)
        var fields = HTTPFields()
        let name = try #require(HTTPField.Name(header.rawValue))
        for value in values { fields.append(HTTPField(name: name, value: value)) }
        return trust.client(peer: NetworkAddress(peer), headers: fields)?.description
    }

    @Test func onlyProxiesAreBelieved() throws {
        #expect(try client("192.0.2.9", ["198.51.100.1"]) == "192.0.2.9")
        #expect(try client("127.0.0.1", ["198.51.100.1"]) == "198.51.100.1")
        #expect(try client("127.0.0.1", []) == "127.0.0.1")
        // What the client wrote itself stands to the left of what the proxies saw.
        #expect(try client("127.0.0.1", ["1.1.1.1, 198.51.100.1"]) == "198.51.100.1")
        #expect(try client("127.0.0.1", ["1.1.1.1", "198.51.100.1 , 10.0.0.7"]) == "198.51.100.1")
        #expect(try client("127.0.0.1", ["10.0.0.7, 127.0.0.2"]) == "10.0.0.7")
        #expect(try client("127.0.0.1", ["2001:DB8:9::1"]) == "2001:db8:9::1")
        #expect(try client("127.0.0.1", ["[2001:db8:9::1]:443"]) == "2001:db8:9::1")
        #expect(try client("127.0.0.1", ["2001:db8:9::1, 2001:db8:1::5"]) == "2001:db8:9::1")
        #expect(try client("127.0.0.1", ["192.0.2.1:5000"]) == "192.0.2.1")
        #expect(try client("127.0.0.1", ["::ffff:192.0.2.1"]) == "192.0.2.1")
        // What is no address ends the walk at who said so.
        for text in ["", "unknown", "198.51.100.1,", "x", "1.2.3.4.5", "[::1", "localhost", "_hidden", ", ,"] {
            #expect(try client("127.0.0.1", [text]) == "127.0.0.1", "\(text)")
        }
        #expect(try client("127.0.0.1", ["198.51.100.1, unknown, 10.0.0.7"]) == "10.0.0.7")
        #expect(try client("127.0.0.1", ["198.51.100.1"], proxies: []) == "127.0.0.1")
    }

    @Test func forwardedIsReadAsRFC7239HasIt() throws {
        func forwarded(_ values: String...) throws -> String? { try client("127.0.0.1", values, header: .forwarded) }
        #expect(try forwarded("for=198.51.100.1") == "198.51.100.1")
        #expect(try forwarded(#"For="[2001:db8:cafe::17]:4711""#) == "2001:db8:cafe::17")
        #expect(try forwarded("by=203.0.113.43;proto=https; for=192.0.2.60") == "192.0.2.60")
        #expect(try forwarded("for=1.1.1.1, for=198.51.100.17;by=10.0.0.7") == "198.51.100.17")
        #expect(try forwarded("for=_gazonk") == "127.0.0.1")
        #expect(try forwarded("proto=https") == "127.0.0.1")
        // The header that the proxies do not set is the client's own.
        #expect(try client("127.0.0.1", [], header: .forwarded) == "127.0.0.1")
    }

    @Test func blocksOfAddresses() throws {
        let cases: [(String, String, Bool)] = [
            ("10.0.0.0/8", "10.255.1.2", true), ("10.0.0.0/8", "11.0.0.1", false), ("10.1.2.3/8", "10.9.9.9", true),
            ("192.0.2.128/25", "192.0.2.129", true), ("192.0.2.128/25", "192.0.2.1", false),
            ("0.0.0.0/0", "8.8.8.8", true), ("0.0.0.0/0", "::1", false), ("::/0", "2001:db8::1", true),
            ("2001:db8::/33", "2001:db8:7fff::1", true), ("2001:db8::/33", "2001:db8:8000::1", false),
            ("::ffff:10.0.0.1", "10.0.0.1", true),
        ]
        for (block, address, expected) in cases {
            let range = try #require(NetworkRange(block))
            #expect(range.contains(try #require(NetworkAddress(address))) == expected, "\(block) \(address)")
        }
        for text in [
            "", "/8", "10.0.0.0/", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/+8", "10.0.0.0/8/8", "x/8", "::/129",
        ] {
            #expect(NetworkRange(text) == nil, "\(text)")
        }
    }

    /// Behind a proxy each client has its own budget, and the proxy's connections are not one client's.
    @Test func clientsBehindAProxyAreCountedApart() async throws {
        let trust = ProxyTrust(proxies: [try #require(NetworkRange("127.0.0.1"))])
        let http = try await HTTPBench(requestsPerMinute: 3, maximumConnectionsPerAddress: 1, proxies: trust)
        func ask(_ client: String) async -> Int {
            await http.client.request("GET", "/v1/identity", headers: ["X-Forwarded-For: 9.9.9.9, \(client)"]).status
        }
        for _ in 0..<3 { #expect(await ask("192.0.2.1") == 200) }
        #expect(await ask("192.0.2.1") == 429)
        #expect(await ask("192.0.2.2") == 200)
        await http.stop()
        // The same words of somebody who is no proxy buy nothing.
        let direct = try await HTTPBench(requestsPerMinute: 3)
        for index in 0..<4 {
            let headers = ["X-Forwarded-For: 192.0.2.\(index)", "Forwarded: for=192.0.2.\(index)"]
            let status = await direct.client.request("GET", "/v1/identity", headers: headers).status
            #expect(status == (index < 3 ? 200 : 429))
        }
        await direct.stop()
    }

    @Test func oneCustomersNetworksAreCountedTogether() throws {
        let limiter = RateLimiter(requestsPerMinute: 10)
        let start = ContinuousClock.now
        func network(_ text: String) throws -> [UInt8] { try #require(NetworkAddress(text)).network }
        var admitted = 0
        for index in 0..<256 {
            let address = "2001:db8:0:\(String(index, radix: 16))::1"
            for _ in 0..<10 where limiter.admit(try network(address), at: start) == nil { admitted += 1 }
        }
        #expect(admitted == 40)  // one /56
        var ofBlock = admitted
        for index in 1..<256 {
            let address = "2001:db8:0:\(String(index * 256, radix: 16))::1"
            for _ in 0..<10 where limiter.admit(try network(address), at: start) == nil { ofBlock += 1 }
        }
        #expect(ofBlock == 160)  // one /48
        #expect(limiter.admit(try network("2001:db8:1::1"), at: start) == nil)
    }

    /// However many networks come, the table stays bounded, and who has used his budget up does not get it back so.
    @Test func strangersCannotResetABudget() {
        let limiter = RateLimiter(requestsPerMinute: 10, tableLimit: 1000)
        let start = ContinuousClock.now
        let mine: [UInt8] = [192, 0, 2, 1]
        for _ in 0..<10 { #expect(limiter.admit(mine, at: start) == nil) }
        #expect(limiter.admit(mine, at: start) != nil)
        for index in 0..<20_000 {
            _ = limiter.admit([10, UInt8(index >> 16), UInt8(index >> 8 & 0xff), UInt8(index & 0xff)], at: start)
            #expect(limiter.tableCount <= 1000)
        }
        #expect(limiter.admit(mine, at: start) != nil)
    }
}
