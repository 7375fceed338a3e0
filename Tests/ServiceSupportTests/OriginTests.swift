import Sodium
import Testing

@testable import ServiceSupport

@Suite("origins")
struct OriginTests {
    @Test(
        "what a person types becomes one text",
        arguments: [
            ("https://login.example.org", "https://login.example.org"),
            ("HTTPS://Login.Example.ORG", "https://login.example.org"),
            ("https://login.example.org/", "https://login.example.org"),
            ("https://login.example.org:443", "https://login.example.org"),
            ("https://login.example.org:443/", "https://login.example.org"),
            ("https://login.example.org:8443", "https://login.example.org:8443"),
            ("https://login.example.org:80", "https://login.example.org:80"),
            ("https://xn--bcher-kva.example", "https://xn--bcher-kva.example"),
            ("https://192.0.2.10:8443", "https://192.0.2.10:8443"),
            ("https://[2001:DB8:0:0::1]:8443", "https://[2001:db8::1]:8443"),
            ("https://host", "https://host"),
            ("http://127.0.0.1:8080", "http://127.0.0.1:8080"),
            ("http://127.0.0.1:80", "http://127.0.0.1"),
            ("http://LOCALHOST:8080/", "http://localhost:8080"),
            ("http://[::1]:8080", "http://[::1]:8080"),
            ("http://[0:0:0:0:0:0:0:1]:8080", "http://[::1]:8080"),
            ("http://127.0.0.1:443", "http://127.0.0.1:443"),
        ]
    )
    func canonical(_ typed: String, _ text: String) throws {
        let origin = try #require(Origin(address: typed))
        #expect(origin.text == text)
        // The canonical text is one of itself, and nothing else is.
        #expect(Origin(text) == origin)
        #expect(typed == text || Origin(typed) == nil)
    }

    @Test(
        "refused",
        arguments: [
            "", "https://", "https:///", "https://:443", "login.example.org", "ftp://host", "//host", "https:host",
            "http://login.example.org", "http://192.0.2.1", "http://127.0.0.2", "http://localhost.example",
            "http://127.0.0.1.evil.example", "https://alice@host", "https://alice:secret@host", "https://host/path",
            "https://host//", "https://host?query", "https://host#fragment", "https://host:0", "https://host:65536",
            "https://host:", "https://host:08443", "https://host:+1", "https://host:1:2", "https://host:port",
            "https://ho st", "https://host\n", "https://host\u{0}", "https://b\u{fc}cher.example",
            "https://\u{ff41}.example", "https://host.", "https://.host", "https://a..b", "https://-host",
            "https://host-", "https://ho_st", "https://ho%73t", "https://127.1", "https://0x7f.0x1", "https://1",
            "https://192.0.2.01", "https://192.0.2.256", "https://[::1", "https://::1", "https://[fe80::1%25eth0]",
            "https://[::1]x", "https://[]", "https://" + String(repeating: "a", count: 64),
            "https://" + String(repeating: "a.", count: 400) + "a",
        ]
    )
    func refused(_ typed: String) {
        #expect(Origin(address: typed) == nil)
        #expect(Origin(typed) == nil)
    }

    @Test("sockets: absolute paths without detours")
    func sockets() throws {
        let origin = try #require(Origin(socket: "/run/semblance/verifier"))
        #expect(origin.text == "unix:/run/semblance/verifier" && origin.kind == .socket && !origin.isRemote)
        #expect(Origin(origin.text) == origin)
        for path in [
            "", "/", "run", "./run", "/run/", "/run//verifier", "/run/./verifier", "/run/../verifier", "/run/..",
            "/run/a\nb", "/run/a\u{0}", "/" + String(repeating: "a", count: 107),
        ] {
            #expect(Origin(socket: path) == nil, "\(path)")
            #expect(Origin("unix:" + path) == nil, "\(path)")
        }
        #expect(Origin(socket: "/" + String(repeating: "a", count: 106)) != nil)
    }

    @Test("what kind, and which host")
    func kinds() throws {
        let web = try #require(Origin("https://[2001:db8::1]:8443"))
        #expect(web.kind == .web && web.host == "[2001:db8::1]" && web.port == 8443 && web.isRemote)
        #expect(Origin("https://host")?.port == 443 && Origin("http://127.0.0.1")?.port == 80)
        let loopback = try #require(Origin("http://localhost:1"))
        #expect(loopback.kind == .loopback && loopback.host == "localhost" && loopback.isRemote)
    }

    @Test("a signature is about one origin, one proof and one key")
    func clientSignature() throws {
        let (key, other) = (SigningKey(), SigningKey())
        let here = try #require(Origin("https://a.example"))
        let there = try #require(Origin("https://b.example"))
        let signature = ClientSignature.sign(origin: here, proof: [1, 2, 3], with: key)
        func isValid(_ origin: Origin, _ proof: [UInt8], _ signer: SigningKey) -> Bool {
            ClientSignature.isValid(signature, origin: origin, proof: proof, clientKey: signer.publicKey.bytes)
        }
        #expect(isValid(here, [1, 2, 3], key))
        #expect(!isValid(there, [1, 2, 3], key))
        #expect(!isValid(here, [1, 2], key))
        #expect(!isValid(here, [1, 2, 3], other))
        #expect(!ClientSignature.isValid(signature, origin: here, proof: [1, 2, 3], clientKey: []))
        // Version 1 was over the proof alone.
        let old = key.sign(Array("semblance client v1".utf8) + Hash.sha512([1, 2, 3]))
        #expect(!ClientSignature.isValid(old, origin: here, proof: [1, 2, 3], clientKey: key.publicKey.bytes))
    }

    @Test("messages of two origins and audiences are never the same")
    func identityMessages() throws {
        let nonce = [UInt8](repeating: 0, count: 32)
        let one = IdentitySignature.message(origin: try #require(Origin("https://a")), audience: "bc", nonce: nonce)
        let two = IdentitySignature.message(origin: try #require(Origin("https://ab")), audience: "c", nonce: nonce)
        #expect(one != two)
    }

    @Test("enrolment tokens name the key that they are for; old ones say nothing")
    func tokens() {
        let key = [UInt8](repeating: 1, count: 32)
        let token = EnrolmentToken(for: key)
        #expect(token.text.hasPrefix(EnrolmentToken.prefix))
        #expect(token.text != EnrolmentToken(for: key).text)
        let handed = EnrolmentToken(token.text)
        #expect(handed.isMeant(for: key) == true)
        #expect(handed.isMeant(for: [UInt8](repeating: 2, count: 32)) == false)
        #expect(EnrolmentToken("semblance-enrol-c2VjcmV0").isMeant(for: key) == nil)
        for text in [token.text + ".", token.text + "x", "semblance-enrol-x.", "."] {
            #expect(EnrolmentToken(text).isMeant(for: key) == false, "\(text)")
        }
    }
}
