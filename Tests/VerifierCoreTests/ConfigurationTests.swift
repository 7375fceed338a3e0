import Foundation
import Glibc
import Models
import ServiceSupport
import Sodium
import Testing

@testable import VerifierCore

@Suite struct ConfigurationTests {
    private static let identity = String(repeating: "6d", count: 32)

    private func json(
        policy: String = "",
        http: String = "",
        extra: String = "",
        database: String = "/var/lib/semblance-verifier/verifier.sqlite",
        model: String? = nil
    ) -> [UInt8] {
        let model =
            model
                ?? """
                {"identity": "\(Self.identity)", "modality": "face", "dimension": 128, "threshold": 20000, \
                "minimumNorm": 4000}
                """
        return Array(
            """
            {"audience": "login.example.org", "database": "\(database)", "signingKey": "/etc/semblance/signing.key",
             "policy": {"models": [\(model)]\(policy.contains("assurance") ? "" : ", \"assurance\": \"match\"")\(policy)}
             \(http.isEmpty ? "" : ", \"http\": {\(http)}")\(extra)}
            """.utf8
        )
    }

    private func failure(_ bytes: [UInt8]) -> ConfigurationError? {
        do {
            _ = try VerifierConfiguration(json: bytes)
            return nil
        } catch {
            return error
        }
    }

    @Test func defaultsAreTheStrictOnes() throws {
        let directory = try TemporaryDirectory()
        let path = directory.file("model.semblance-public")
        let published = try TestModels.published()
        try write(published.encode(), to: path)
        let text = String(decoding: json(model: model(published, path)), as: UTF8.self)
        let configuration = try VerifierConfiguration(
            json: Array(text.replacing(", \"assurance\": \"match\"", with: "").utf8)
        )
        #expect(configuration.audience == "login.example.org")
        #expect(configuration.policy.biometricRequired)
        #expect(!configuration.policy.selfEnrol)
        #expect(configuration.policy.assurance == .full)
        #expect(configuration.policy.challengeLifetime == 60)
        #expect(configuration.policy.trustedSensorKeys.isEmpty)
        #expect(configuration.policy.attempts == AttemptLimiter(withoutDelay: 5, delaySeconds: 30, limit: 50))
        #expect(configuration.varlink == nil)
        #expect(configuration.http == nil)
    }

    @Test func everythingCanBeSet() throws {
        let sensor = SigningKey().publicKey
        let directory = try TemporaryDirectory()
        let published = try TestModels.published()
        let path = directory.file("model.semblance-public")
        try write(published.encode(), to: path)
        let configuration = try VerifierConfiguration(
            json: json(
                policy: """
                    , "assurance": "full", "verdict": "possession", "challengeLifetimeSeconds": 90, "selfEnrol": true,
                    "trustedSensorKeys": ["\(Base64.encode(sensor.bytes))"], "maximumRefreshes": 3,
                    "maximumEnrolmentsPerSubject": 4, "decoyLabels": ["default", "thumb"]
                    """,
                http: """
                    "address": "::1", "port": 8443, "administratorTokenHash": "\(String(repeating: "ab", count: 32))",
                    "requestTimeoutSeconds": 5, "maximumConnections": 10, "requestsPerMinute": 6,
                    "maximumConnectionsPerAddress": 2, "maximumBodyBytes": 2097152,
                    "trustedProxies": ["10.0.0.0/8", "::1"], "forwardedHeader": "Forwarded"
                    """,
                extra: """
                    , "limits": {"maximumProofBytes": 65536, "refusalQuantumMilliseconds": 500},
                    "varlink": {"socket": "/run/semblance/verifier"}, "maximumDatabaseBytes": 1073741824
                    """,
                model: model(published, path)
            )
        )
        #expect(configuration.policy.assurance == .full)
        #expect(configuration.policy.models.first?.published == published)
        #expect(!configuration.policy.biometricRequired)
        #expect(configuration.policy.trustedSensorKeys == [sensor])
        #expect(configuration.policy.decoyLabels == ["default", "thumb"])
        #expect(configuration.limits.maximumProofBytes == 65_536)
        #expect(configuration.limits.refusalQuantumMilliseconds == 500)
        #expect(configuration.varlink?.socket == "/run/semblance/verifier")
        #expect(configuration.http?.administratorTokenHash == [UInt8](repeating: 0xab, count: 32))
        #expect(configuration.http?.maximumConnectionsPerAddress == 2)
        #expect(configuration.http?.maximumBodyBytes == 2_097_152)
        let proxies = try #require(configuration.http?.proxies)
        #expect(proxies.isProxy(try #require(NetworkAddress("10.200.0.1"))))
        #expect(!proxies.isProxy(try #require(NetworkAddress("11.0.0.1"))))
    }

    private func model(_ published: PublishedModel, _ path: String, identity: [UInt8]? = nil) -> String {
        """
        {"identity": "\(Hexadecimal.encode(identity ?? published.identity))", "modality": "\(published.modality)", \
        "dimension": \(published.dimension), "threshold": 20000, "minimumNorm": \(published.minimumNorm), \
        "published": "\(path)"}
        """
    }

    private func write(_ bytes: [UInt8], to path: String) throws {
        try Data(bytes).write(to: URL(fileURLWithPath: path))
        try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: path)
    }

    @Test func originsAreListedOrUsual() throws {
        func origins(_ http: String) throws -> Set<String> {
            Set(try #require(try VerifierConfiguration(json: json(http: http)).http).origins.map(\.text))
        }
        let plain = "\"address\": \"127.0.0.1\", \"port\": 8443"
        #expect(try origins(plain).contains("https://login.example.org"))
        #expect(try origins(plain).contains("http://localhost:8443"))
        #expect(
            try origins(plain + ", \"origins\": [\"https://A.example:443/\", \"https://b.example:8443\"]")
                == ["https://a.example", "https://b.example:8443"]
        )
        for bad in ["[\"a.example\"]", "[\"https://a.example/login\"]", "[]", "[\"http://a.example\"]"] {
            guard case .invalid(let key, _)? = failure(json(http: plain + ", \"origins\": " + bad)) else {
                Issue.record("\(bad) is no list of origins")
                continue
            }
            #expect(key.hasPrefix("http.origins"))
        }
    }

    @Test func publishedModelsAreReadAndComparedWithWhatTheConfigurationSays() throws {
        let directory = try TemporaryDirectory()
        let published = try TestModels.published(layers: 1)
        let path = directory.file("model.semblance-public")
        try write(published.encode(), to: path)
        let key = "policy.models.0.published"
        func reason(_ model: String, policy: String = "") -> String? {
            guard case .invalid(key, let reason) = failure(json(policy: policy, model: model)) else { return nil }
            return reason
        }
        #expect(failure(json(model: model(published, path))) == nil)
        #expect(failure(json(policy: ", \"assurance\": \"full\"", model: model(published, path))) == nil)
        // One layer has no block in between.
        #expect(
            reason(model(published, path), policy: ", \"assurance\": \"head\"")
                == "the network cannot be cut for proofs at head"
        )
        guard case .invalid(key, "needed for proofs at full") = failure(json(policy: ", \"assurance\": \"full\""))
        else {
            Issue.record("a policy of full needs the published model")
            return
        }
        #expect(
            reason(model(published, path, identity: [UInt8](repeating: 1, count: 32)))
                == "not the model of that identity"
        )
        #expect(reason(model(published, "model.semblance-public")) == "not an absolute path")
        let finger = try TestModels.published(modality: "fingerprint")
        try write(finger.encode(), to: directory.file("finger"))
        let wrong = model(finger, directory.file("finger")).replacing("fingerprint", with: "face")
        #expect(failure(json(model: wrong)) != nil)
        try write(published.encode().dropLast(), to: path)
        #expect(reason(model(published, path)) == "\(path) is not a published model: the file ends too early")
        try FileManager.default.setAttributes([.posixPermissions: 0o666], ofItemAtPath: path)
        guard case .file = failure(json(model: model(published, path))) else {
            Issue.record("a published model that others may write")
            return
        }
    }

    /// A policy names a false match rate; the model's own table says which threshold that is.
    @Test func aFalseMatchRateIsLookedUpInThePublishedModel() throws {
        let directory = try TemporaryDirectory()
        let path = directory.file("model.semblance-public")
        let published = try TestModels.published(
            thresholds: [MatchThreshold(fmr: 0.01, numerator: 9000), MatchThreshold(fmr: 0.001, numerator: 17000)]
        )
        try write(published.encode(), to: path)
        let identity = Hexadecimal.encode(published.identity)
        func load(_ members: String) throws(ConfigurationError) -> AllowedModel? {
            let model = "{\"identity\": \"\(identity)\", \(members)}"
            return try VerifierConfiguration(json: json(model: model)).policy.models.first
        }
        let file = "\"published\": \"\(path)\""
        for (rate, numerator) in [("0.01", 9000), ("0.005", 17000), ("1e-3", 17000)] as [(String, UInt16)] {
            let model = try #require(try load("\(file), \"falseMatchRate\": \(rate)"))
            #expect(model.threshold == numerator)
            // The rest is the published model's.
            #expect(model.dimension == 16 && model.minimumNorm == 200 && model.modality == .face)
        }
        func refusal(_ members: String) -> ConfigurationError? {
            do { _ = try load(members) } catch { return error }
            return nil
        }
        let key = "policy.models.0"
        #expect(
            refusal("\(file), \"falseMatchRate\": 0.0001")
                == .invalid(key: key + ".falseMatchRate", reason: "the model is calibrated for 0.01, 0.001")
        )
        let both = ConfigurationError.invalid(key: key, reason: "takes either threshold or falseMatchRate")
        #expect(refusal("\(file), \"falseMatchRate\": 0.01, \"threshold\": 9000") == both)
        #expect(refusal(file) == both)
        let rest = "\"modality\": \"face\", \"dimension\": 16, \"minimumNorm\": 200"
        #expect(
            refusal("\(rest), \"falseMatchRate\": 0.01")
                == .invalid(key: key + ".falseMatchRate", reason: "needs published, whose table it looks up")
        )
        #expect(
            refusal("\"modality\": \"face\", \"threshold\": 9000")
                == .invalid(key: key, reason: "needs dimension and minimumNorm, or published")
        )
    }

    @Test func unknownKeysAreErrorsWhereverTheyAre() {
        #expect(failure(json(extra: ", \"polcy\": {}")) == .unknownKey("polcy"))
        #expect(failure(json(policy: ", \"verdct\": \"biometric\"")) == .unknownKey("policy.verdct"))
        #expect(failure(json(http: "\"address\": \"::1\", \"port\": 1, \"tsl\": {}")) == .unknownKey("http.tsl"))
        #expect(
            failure(json(extra: ", \"audience\": \"other.example.org\""))
                == .malformed(reason: "line 3: the key \"audience\" is there twice")
        )
    }

    @Test func badValuesAreNamed() {
        func key(_ bytes: [UInt8]) -> String? {
            guard case .invalid(let key, _) = failure(bytes) else { return nil }
            return key
        }
        #expect(key(json(policy: ", \"verdict\": \"maybe\"")) == "policy.verdict")
        #expect(key(json(policy: ", \"assurance\": \"total\"")) == "policy.assurance")
        #expect(key(json(policy: ", \"challengeLifetimeSeconds\": 4")) == "policy.challengeLifetimeSeconds")
        #expect(key(json(policy: ", \"challengeLifetimeSeconds\": 181")) == "policy.challengeLifetimeSeconds")
        #expect(key(json(policy: ", \"challengeLifetimeSeconds\": -1")) == "policy.challengeLifetimeSeconds")
        #expect(key(json(policy: ", \"selfEnrol\": \"yes\"")) == "policy.selfEnrol")
        #expect(key(json(policy: ", \"trustedSensorKeys\": [\"AAAA\"]")) == "policy.trustedSensorKeys.0")
        #expect(key(json(policy: ", \"decoyLabels\": []")) == "policy.decoyLabels")
        #expect(key(json(database: "relative.sqlite")) == "database")
        #expect(key(json(http: "\"address\": \"localhost\", \"port\": 1")) == "http.address")
        #expect(key(json(http: "\"address\": \"::1\", \"port\": 65536")) == "http.port")
        #expect(
            key(json(http: "\"address\": \"::1\", \"port\": 1, \"administratorTokenHash\": \"abcd\""))
                == "http.administratorTokenHash"
        )
        for (member, name) in [
            ("\"trustedProxies\": [\"10.0.0.1\", \"proxy.example.org\"]", "http.trustedProxies.1"),
            ("\"trustedProxies\": [\"10.0.0.0/33\"]", "http.trustedProxies.0"),
            ("\"trustedProxies\": \"10.0.0.1\"", "http.trustedProxies"),
            ("\"forwardedHeader\": \"X-Real-IP\"", "http.forwardedHeader"),
            ("\"maximumBodyBytes\": 1000", "http.maximumBodyBytes"),
        ] {
            #expect(key(json(http: "\"address\": \"::1\", \"port\": 1, \(member)")) == name)
        }
        #expect(key(json(model: "")) == "policy.models")
        let model = """
            {"identity": "\(Self.identity)", "modality": "face", "dimension": 128, "threshold": 20000, "minimumNorm": 1}
            """
        #expect(key(json(model: model)) == "policy.models.0")
        #expect(key(json(model: model.replacingOccurrences(of: "6d", with: "6"))) == "policy.models.0.identity")
        #expect(key(json(model: model.replacingOccurrences(of: "face", with: "iris"))) == "policy.models.0.modality")
        for text in ["", "[]", "{", "null", "{}{}", "\u{feff}{}"] {
            #expect(failure(Array(text.utf8)) != nil, "\(text)")
        }
    }

    @Test func plainHTTPStaysOnLoopback() {
        for address in ["0.0.0.0", "::", "192.0.2.1", "10.0.0.1", "fe80::1", "::ffff:192.0.2.1", "128.0.0.1"] {
            #expect(
                failure(json(http: "\"address\": \"\(address)\", \"port\": 80"))
                    == .plainHTTPBeyondLoopback(address: address)
            )
            let tls = "\"address\": \"\(address)\", \"port\": 443, \"tls\": {\"certificate\": \"/c\", \"key\": \"/k\"}"
            #expect(failure(json(http: tls)) == nil)
        }
        for address in ["127.0.0.1", "127.255.255.254", "::1", "::ffff:127.0.0.1"] {
            #expect(failure(json(http: "\"address\": \"\(address)\", \"port\": 80")) == nil, "\(address)")
        }
    }

    @Test func onlyAFileThatNobodyElseCanWriteIsBelieved() throws {
        let directory = try TemporaryDirectory()
        let path = directory.file("verifier.json")
        try Data(json()).write(to: URL(filePath: path))
        chmod(path, 0o644)
        #expect(try VerifierConfiguration.load(path: path).audience == "login.example.org")
        chmod(path, 0o664)
        #expect(throws: ConfigurationError.file(.tooOpen(path: path, mode: 0o664))) {
            try VerifierConfiguration.load(path: path)
        }
        #expect(throws: ConfigurationError.file(.missing(path: directory.file("none")))) {
            try VerifierConfiguration.load(path: directory.file("none"))
        }
    }

    @Test func addressesAreGroupedByNetwork() throws {
        func network(_ text: String) throws -> [UInt8] { try #require(NetworkAddress(text)).network }
        #expect(try network("192.0.2.1") == network("::ffff:192.0.2.1"))
        #expect(try network("192.0.2.1") != network("192.0.2.2"))
        #expect(try network("2001:db8::1") == network("2001:db8::ffff:1"))
        #expect(try network("2001:db8::1") != network("2001:db8:0:1::1"))
        #expect(NetworkAddress("example.org") == nil)
        #expect(NetworkAddress("127.0.0.1\0") == nil)
    }

    @Test func theTimeThatSurelyPassedIsTheLeastOfBothClocks() {
        let then = ClockReading(unixSeconds: 1000, bootMilliseconds: 50_000, bootIdentity: [1])
        func passed(_ wall: UInt64, _ boot: UInt64, _ identity: UInt8) -> UInt64 {
            ClockReading(unixSeconds: wall, bootMilliseconds: boot, bootIdentity: [identity])
                .millisecondsSurelyPassed(since: then)
        }
        #expect(passed(1_000_000, 51_000, 1) == 1000)
        #expect(passed(0, 51_000, 1) == 1000)
        #expect(passed(1000, 40_000, 1) == 0)
        #expect(passed(1010, 40_000, 2) == 10_000)
        #expect(passed(1_000_000, 3000, 2) == 3000)
        #expect(passed(900, 3000, 2) == 0)
        #expect(passed(.max, .max, 2) == .max)
    }
}
