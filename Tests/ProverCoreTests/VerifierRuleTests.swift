import Interfaces
import ServiceSupport
import Sodium
import Testing

@testable import ProverCore
@testable import Vault

extension ProverBench {
    static let good = Origin("https://host")!
    static let evil = Origin("https://evil.example")!
    static let loopback = Origin("http://127.0.0.1:8080")!

    func deviceKey(_ origin: Origin, uid: UInt32 = aliceUID) -> [UInt8] {
        vault.deviceKey(of: uid, at: origin).publicKey.bytes
    }

    func keyChanged(
        from pinned: SigningKey? = nil,
        to offered: SigningKey,
        at origin: Origin = ChallengeExpectation.socket
    ) -> ProverFailure {
        .verifierKeyChanged(
            audience: "host",
            origin: origin,
            pinned: (pinned ?? verifier).publicKey.bytes,
            offered: offered.publicKey.bytes
        )
    }

    /// Enrols person 1 as alice at a remote verifier of audience `host`.
    func enrol(at origin: Origin) async throws {
        sensor.see((1...3).map { Self.person(1, noise: $0) })
        let challenge = try enrolChallenge { $0.clientKey = deviceKey(origin) }
        let answer = try await prover.enroll(
            challenge.bytes,
            expected: ChallengeExpectation(challenge.challenge, at: origin),
            by: alice
        )
        try prover.commit(try #require(try verify(answer.proof).receipt), by: alice)
        sensor.see([Self.person(1, noise: 4)])
    }

    /// The answer to a login challenge of alice, who asked at `origin`.
    func login(
        at origin: Origin,
        _ change: (inout Draft) -> Void = { _ in },
        expecting adjust: (inout ChallengeExpectation) -> Void = { _ in }
    ) async throws -> Answer {
        let challenge = try challenge {
            $0.clientKey = deviceKey(origin)
            change(&$0)
        }
        var expected = ChallengeExpectation(
            origin: origin,
            role: "authenticate",
            subject: "alice",
            purpose: "login",
            samples: 1
        )
        adjust(&expected)
        return try await prover.prove(challenge.bytes, expected: expected, by: alice)
    }
}

private func mismatch(_ field: String, _ expected: String, _ found: String) -> ProverFailure {
    .challengeMismatch(.init(field, expected: expected, found: found))
}

@Suite("prover: who asks")
struct VerifierRuleTests {
    @Test("a remote login is signed by the device key, over the origin")
    func signature() async throws {
        try await ProverBench.run { bench in
            try await bench.enrol(at: ProverBench.good)
            let answer = try await bench.login(at: ProverBench.good)
            let key = bench.deviceKey(ProverBench.good)
            let signature = try #require(answer.clientSignature)
            func isValid(_ origin: Origin) -> Bool {
                ClientSignature.isValid(signature, origin: origin, proof: answer.proof, clientKey: key)
            }
            #expect(isValid(ProverBench.good))
            #expect(!isValid(ProverBench.evil))
            #expect(try bench.prover.clientKey(of: "alice", at: ProverBench.good, by: bench.alice) == key)
            #expect(try bench.prover.clientKey(of: "alice", at: ProverBench.good, by: bench.root) == key)
            #expect(key != bench.deviceKey(ProverBench.good, uid: ProverBench.bobUID))
            #expect(throws: ProverFailure.notAuthorized) {
                try bench.prover.clientKey(of: "alice", at: ProverBench.good, by: bench.bob)
            }
        }
    }

    /// The takeover: the site that alice answers hands on a challenge of the verifier where she is enrolled.
    @Test("a relayed challenge is refused, with the attacker's client key or with the victim's own")
    func relay() async throws {
        try await ProverBench.run { bench in
            try await bench.enrol(at: ProverBench.good)
            let captures = bench.sensor.captures
            let attacker = SigningKey()
            for clientKey in [attacker.publicKey.bytes, bench.deviceKey(ProverBench.evil)] {
                await #expect(throws: mismatch("origin", "https://evil.example", "https://host")) {
                    try await bench.login(at: ProverBench.evil) { $0.clientKey = clientKey }
                }
            }
            // Whoever sits between alice and the right verifier gets nothing for a key of his own.
            await #expect(
                throws: ProverFailure.challengeMismatch(
                    .init(
                        "clientKey",
                        expected: Hexadecimal.encode(bench.deviceKey(ProverBench.good)),
                        found: Hexadecimal.encode(attacker.publicKey.bytes)
                    )
                )
            ) {
                try await bench.login(at: ProverBench.good) { $0.clientKey = attacker.publicKey.bytes }
            }
            // Nor does a socket, whose challenges are bound to a connection.
            await #expect(throws: mismatch("origin", ChallengeExpectation.socket.text, "https://host")) {
                try await bench.login(at: ChallengeExpectation.socket)
            }
            #expect(bench.sensor.captures == captures)
        }
    }

    @Test("every field of a challenge is what was asked for, or it is named and nothing is captured")
    func fields() async throws {
        try await ProverBench.run { bench in
            try await bench.enrol(at: ProverBench.good)
            let captures = bench.sensor.captures
            let key = Hexadecimal.encode(bench.verifier.publicKey.bytes)
            let other = [UInt8](repeating: 1, count: 32)
            let cases: [(ProverFailure, (inout ProverBench.Draft) -> Void, (inout ChallengeExpectation) -> Void)] = [
                (mismatch("role", "authenticate", "reblind"), { $0.role = .reblind }, { _ in }),
                (mismatch("subject", "alice", "bob"), { $0.subject = "bob" }, { _ in }),
                (mismatch("purpose", "newsletter", "login"), { _ in }, { $0.purpose = "newsletter" }),
                (mismatch("label", "left", "default"), { _ in }, { $0.label = "left" }),
                (mismatch("modality", "fingerprint", "face"), { _ in }, { $0.modality = "fingerprint" }),
                (mismatch("samples", "2", "1"), { _ in }, { $0.samples = 2 }),
                (mismatch("audience", "other", "host"), { _ in }, { $0.audience = "other" }),
                (mismatch("verifierKey", Hexadecimal.encode(other), key), { _ in }, { $0.verifierKey = other }),
            ]
            for (failure, change, adjust) in cases {
                await #expect(throws: failure) {
                    try await bench.login(at: ProverBench.good, change, expecting: adjust)
                }
            }
            #expect(bench.sensor.captures == captures)
            _ = try await bench.login(at: ProverBench.good) {
                $0.purpose = "login"
            } expecting: {
                ($0.label, $0.modality, $0.audience) = ("default", "face", "host")
                $0.verifierKey = bench.verifier.publicKey.bytes
            }
        }
    }

    @Test("texts are compared by their bytes, not by what they look like")
    func bytes() throws {
        var challenge = try ProverBench.enrolDraft()
        challenge.purpose = "caf\u{e9}"
        var expected = ChallengeExpectation(challenge)
        try expected.check(challenge)
        expected.purpose = "cafe\u{301}"
        #expect(throws: ChallengeExpectation.Mismatch.self) { try expected.check(challenge) }
    }

    @Test("a caller asked to log in answers no enrolment or rotation, and the other way round")
    func roles() async throws {
        try await ProverBench.run { bench in
            try await bench.enrol(at: ProverBench.good)
            let captures = bench.sensor.captures
            let key = bench.deviceKey(ProverBench.good)
            let login = try bench.challenge { $0.clientKey = key }
            let enrolment = try bench.enrolChallenge { $0.clientKey = key }
            // The expectation fits the challenge, the method does not.
            await #expect(throws: ProverFailure.challengeRefused) {
                let expected = ChallengeExpectation(enrolment.challenge, at: ProverBench.good)
                return try await bench.prover.prove(enrolment.bytes, expected: expected, by: bench.root)
            }
            await #expect(throws: ProverFailure.challengeRefused) {
                let expected = ChallengeExpectation(login.challenge, at: ProverBench.good)
                return try await bench.prover.enroll(login.bytes, expected: expected, by: bench.root)
            }
            await #expect(throws: ProverFailure.challengeRefused) {
                let expected = ChallengeExpectation(login.challenge, at: ProverBench.good)
                return try await bench.prover.rotate(login.bytes, expected: expected, by: bench.root)
            }
            #expect(bench.sensor.captures == captures)
        }
    }

    @Test("nobody enrols under another host's name, so nobody can take it; the real one enrols after the attempt")
    func squatting() async throws {
        try await ProverBench.run { bench in
            bench.sensor.see([ProverBench.person(1)])
            let squatter = SigningKey()
            let challenge = try bench.sign(
                bench.draft {
                    $0.role = .enrol
                    $0.clientKey = bench.deviceKey(ProverBench.evil)
                    $0.verifierKey = squatter.publicKey.bytes
                },
                by: squatter
            )
            await #expect(throws: mismatch("audience", "evil.example", "host")) {
                let expected = ChallengeExpectation(challenge.challenge, at: ProverBench.evil)
                return try await bench.prover.enroll(challenge.bytes, expected: expected, by: bench.alice)
            }
            #expect(bench.sensor.captures == 0)
            try await bench.enrol(at: ProverBench.good)
        }
    }

    @Test("on loopback, whose names nobody vouches for, one person's pins are not another's")
    func pinsArePersonal() async throws {
        try await ProverBench.run { bench in
            bench.sensor.see([ProverBench.person(2)])
            let squatter = SigningKey()
            let draft = bench.draft {
                ($0.role, $0.subject) = (.enrol, "bob")
                $0.clientKey = bench.deviceKey(ProverBench.loopback, uid: ProverBench.bobUID)
                $0.verifierKey = squatter.publicKey.bytes
            }
            let challenge = try bench.sign(draft, by: squatter)
            _ = try await bench.prover.enroll(
                challenge.bytes,
                expected: ChallengeExpectation(challenge.challenge, at: ProverBench.loopback),
                by: bench.bob
            )
            let taken = EnrolmentKey(subject: "bob", audience: "host", modality: .face, label: "default")
            let template = try #require(try bench.vault.enrolment(taken)?.pending.first?.template)
            try bench.vault.commit(taken, template)
            try await bench.enrol(at: ProverBench.good)
        }
    }

    @Test("an audience keeps its origin, an origin its audience, and both their key; the error names both keys")
    func pins() async throws {
        let elsewhere = try #require(Origin("http://localhost:8080"))
        try await ProverBench.run { bench in
            try await bench.enrol(at: ProverBench.loopback)
            let thief = SigningKey()
            let captures = bench.sensor.captures
            func enrol(at origin: Origin, audience: String, by signer: SigningKey) async throws -> Answer {
                let draft = bench.draft {
                    ($0.role, $0.label, $0.audience) = (.enrol, "second", audience)
                    $0.clientKey = bench.deviceKey(origin)
                    $0.verifierKey = signer.publicKey.bytes
                }
                let challenge = try bench.sign(draft, by: signer)
                let expected = ChallengeExpectation(challenge.challenge, at: origin)
                return try await bench.prover.enroll(challenge.bytes, expected: expected, by: bench.alice)
            }
            await #expect(throws: mismatch("origin", elsewhere.text, ProverBench.loopback.text)) {
                try await enrol(at: elsewhere, audience: "host", by: bench.verifier)
            }
            await #expect(throws: mismatch("audience", "host", "other")) {
                try await enrol(at: ProverBench.loopback, audience: "other", by: bench.verifier)
            }
            let changed = bench.keyChanged(to: thief, at: ProverBench.loopback)
            await #expect(throws: changed) {
                try await enrol(at: ProverBench.loopback, audience: "host", by: thief)
            }
            await #expect(throws: changed) {
                let challenge = try bench.sign(
                    bench.draft {
                        $0.template = try? bench.current().commitment
                        $0.clientKey = bench.deviceKey(ProverBench.loopback)
                        $0.verifierKey = thief.publicKey.bytes
                    },
                    by: thief
                )
                let expected = ChallengeExpectation(challenge.challenge, at: ProverBench.loopback)
                return try await bench.prover.prove(challenge.bytes, expected: expected, by: bench.alice)
            }
            // A new verifier knows nobody, so its challenge is about a label that nobody has here; the key is told.
            await #expect(throws: changed) {
                let challenge = try bench.sign(
                    bench.draft {
                        $0.template = try? bench.current().commitment
                        $0.label = "some"
                        $0.clientKey = bench.deviceKey(ProverBench.loopback)
                        $0.verifierKey = thief.publicKey.bytes
                    },
                    by: thief
                )
                let expected = ChallengeExpectation(challenge.challenge, at: ProverBench.loopback)
                return try await bench.prover.prove(challenge.bytes, expected: expected, by: bench.alice)
            }
            #expect(bench.sensor.captures == captures)
            // The way out.
            try bench.prover.revoke(bench.key, by: bench.root)
            bench.sensor.see((1...3).map { ProverBench.person(1, noise: $0) })
            _ = try await enrol(at: ProverBench.loopback, audience: "host", by: thief)
        }
    }

    @Test("the configuration says where an audience is, whatever its name")
    func configuredOrigins() async throws {
        let intranet = try #require(Origin("https://semblance.intranet:8443"))
        let verifier = SigningKey()
        let pin = VerifierPin(key: verifier.publicKey.bytes, origins: [intranet, ChallengeExpectation.socket])
        try await ProverBench.run(verifiers: ["host": pin]) { bench in
            func enrol(at origin: Origin) async throws -> Answer {
                bench.sensor.see((1...3).map { ProverBench.person(1, noise: $0) })
                let draft = bench.draft {
                    ($0.role, $0.samples) = (.enrol, 3)
                    if origin.isRemote { $0.clientKey = bench.deviceKey(origin) }
                    $0.verifierKey = verifier.publicKey.bytes
                }
                let challenge = try bench.sign(draft, by: verifier)
                let expected = ChallengeExpectation(challenge.challenge, at: origin)
                return try await bench.prover.enroll(challenge.bytes, expected: expected, by: bench.alice)
            }
            let known = "\(intranet.text), \(ChallengeExpectation.socket.text)"
            await #expect(throws: mismatch("origin", ProverBench.good.text, known)) {
                try await enrol(at: ProverBench.good)
            }
            _ = try await enrol(at: intranet)
            #expect(try bench.vault.enrolment(bench.key)?.origin == intranet)
            // It may be asked at any of the places.
            let template = try #require(try bench.vault.enrolment(bench.key)?.pending.first?.template)
            bench.sensor.see([ProverBench.person(1, noise: 4)])
            let login = bench.draft {
                $0.template = template.commitment
                $0.verifierKey = verifier.publicKey.bytes
            }
            let challenge = try bench.sign(login, by: verifier)
            _ = try await bench.prover.prove(
                challenge.bytes,
                expected: ChallengeExpectation(challenge.challenge),
                by: bench.alice
            )
        }
    }

    @Test("an enrolment of an earlier version is pinned where it is first used, and only where it could have been made")
    func earlierEnrolments() async throws {
        try await ProverBench.run { bench in
            try await bench.enrol(at: ProverBench.good)
            let enrolment = try #require(try bench.vault.enrolment(bench.key))
            let pins = VerifierPins(configured: [:])
            let old = Enrolment(
                key: enrolment.key,
                uid: enrolment.uid,
                origin: nil,
                policy: enrolment.policy,
                created: enrolment.created,
                refreshes: 0,
                current: enrolment.current,
                pending: []
            )
            let challenge = try bench.challenge().challenge
            try pins.checkUse(challenge, at: ProverBench.good, of: old)
            try pins.checkUse(challenge, at: ProverBench.loopback, of: old)
            try pins.checkUse(challenge, at: ChallengeExpectation.socket, of: old)
            let expected = ChallengeExpectation.Mismatch("audience", expected: "evil.example", found: "host")
            #expect(throws: VerifierPins.Refusal.mismatch(expected)) {
                try pins.checkUse(challenge, at: ProverBench.evil, of: old)
            }
        }
    }
}
