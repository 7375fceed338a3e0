import Encoding
import Interfaces
import ServiceSupport
import Sodium
import Testing
import Varlink

@testable import VerifierCore

/// Proofs that were meant for another place.
@Suite(.serialized) struct OriginTests {
    private static let evil = Origin("https://evil.example")!

    private func proof(_ bench: TestBench, _ client: SigningKey) async throws -> [UInt8] {
        let challenge = try await bench.verifier.challenge(
            subject: "alice",
            purpose: "login",
            for: .remote(clientKey: client.publicKey.bytes, address: "192.0.2.1")
        )
        return try bench.proof(challenge)
    }

    /// The relay with the victim's own key: she signed for the place that she knows, which is not here.
    @Test func aProofForAnotherPlaceIsRefusedEvenWithItsOwnersSignature() async throws {
        let bench = try TestBench()
        let client = SigningKey()
        try await bench.enrol("alice", device: client)
        let proof = try await proof(bench, client)
        func submit(_ named: Origin?, signed: Origin) async throws {
            let signature = ClientSignature.sign(origin: signed, proof: proof, with: client)
            _ = try await bench.verifier.verify(
                proof: proof,
                from: .remote(origin: named, clientSignature: signature, address: "192.0.2.1")
            )
        }
        await #expect(throws: VerifierError.refused) { try await submit(Self.evil, signed: Self.evil) }
        await #expect(throws: VerifierError.refused) { try await submit(TestBench.origin, signed: Self.evil) }
        await #expect(throws: VerifierError.refused) { try await submit(Self.evil, signed: TestBench.origin) }
        await #expect(throws: VerifierError.refused) { try await submit(nil, signed: TestBench.origin) }
        try await submit(TestBench.origin, signed: TestBench.origin)
    }

    @Test func aSignatureOfVersionOneIsRefused() async throws {
        let bench = try TestBench()
        let client = SigningKey()
        try await bench.enrol("alice", device: client)
        let proof = try await proof(bench, client)
        let signature = client.sign(Array("semblance client v1".utf8) + Hash.sha512(proof))
        await #expect(throws: VerifierError.refused) {
            try await bench.verifier.verify(
                proof: proof,
                from: .remote(clientSignature: signature, address: "192.0.2.1")
            )
        }
    }

    @Test func overHTTPTheOriginIsAMember() async throws {
        let http = try await HTTPBench()
        let key = SigningKey()
        try await http.bench.enrol("alice", device: key)
        let proof = try http.bench.proof(try await http.challenge("alice", key: key))
        func body(_ origin: JSON?, _ signed: Origin = TestBench.origin) -> JSON {
            var members: [String: JSON] = [
                "proof": .string(Base64.encode(proof)),
                "clientSignature": .string(
                    Base64.encode(ClientSignature.sign(origin: signed, proof: proof, with: key))
                ),
            ]
            members["origin"] = origin
            return .object(members)
        }
        #expect(try await http.post("/v1/verify", body(nil)).status == 400)
        #expect(try await http.post("/v1/verify", body(1)).status == 400)
        for origin in ["https://evil.example", "", "https://VERIFIER.test", "https://verifier.test/"] {
            let (status, answer) = try await http.post("/v1/verify", body(.string(origin)))
            #expect(status == 403, "\(origin)")
            #expect(answer.values == ["error": "refused"])
        }
        #expect(try await http.post("/v1/verify", body(.string(Self.evil.text), Self.evil)).status == 403)
        #expect(try await http.post("/v1/verify", body(.string(TestBench.origin.text))).status == 200)
        await http.stop()
    }

    @Test func theIdentityIsProvenForOwnOriginsOnly() async throws {
        let http = try await HTTPBench()
        let nonce = SecureRandom.bytes(32)
        func ask(_ origin: String, _ nonce: [UInt8]) async throws -> (status: Int, answer: Parameters) {
            let body: JSON = ["nonce": .string(Base64.encode(nonce)), "origin": .string(origin)]
            return try await http.post("/v1/identity", body)
        }
        let (status, answer) = try await ask(TestBench.origin.text, nonce)
        #expect(status == 200)
        #expect(try answer.string("audience") == "verifier.test")
        let message = IdentitySignature.message(origin: TestBench.origin, audience: "verifier.test", nonce: nonce)
        let key = http.bench.keys.signing.publicKey
        #expect(key.isValid(signature: try answer.bytes("signature"), for: message))
        #expect(try answer.bytes("verifierKey") == key.bytes)
        // Signed for a look-alike's origin, it would let the look-alike pass for this verifier.
        for origin in ["https://evil.example", "https://verifier.test:8443", "nonsense"] {
            #expect(try await ask(origin, nonce).status == 403, "\(origin)")
        }
        for count in [0, 31, 33] {
            #expect(try await ask(TestBench.origin.text, [UInt8](repeating: 0, count: count)).status == 400)
        }
        #expect(await http.client.request("GET", "/v1/identity").status == 200)
        await http.stop()
    }

    @Test func enrolmentTokensNameTheKey() async throws {
        let bench = try TestBench()
        let text = try await bench.verifier.makeEnrolmentToken(subject: "carol", lifetime: 600)
        let token = EnrolmentToken(text)
        #expect(token.isMeant(for: bench.keys.signing.publicKey.bytes) == true)
        #expect(token.isMeant(for: SigningKey().publicKey.bytes) == false)
        // The fingerprint is part of what the verifier keeps the hash of.
        let forged = text.prefix { $0 != "." } + "." + EnrolmentToken(for: [1]).text.split(separator: ".")[1]
        await #expect(throws: VerifierError.notAuthorized) {
            try await bench.verifier.enrolChallenge(
                subject: "carol",
                modality: "face",
                label: "default",
                samples: 1,
                enrolmentToken: String(forged),
                for: .remote(clientKey: SigningKey().publicKey.bytes, address: "192.0.2.1")
            )
        }
    }

    @Test func originsComeFromTheConfigurationOrTheAudience() {
        func usual(_ audience: String, plain: Bool) -> Set<String> {
            Set(HTTPSettings.usualOrigins(audience: audience, port: 8443, isPlain: plain).map(\.text))
        }
        #expect(
            usual("Login.example.org", plain: false)
                == ["https://login.example.org", "https://login.example.org:8443"]
        )
        #expect(
            usual("host", plain: true)
                == [
                    "https://host", "https://host:8443", "http://127.0.0.1:8443", "http://[::1]:8443",
                    "http://localhost:8443",
                ]
        )
        #expect(usual("the host", plain: false).isEmpty)
        #expect(usual("evil.example/login", plain: false).isEmpty)
    }
}
