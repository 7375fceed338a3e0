import Commitments
import Foundation
import Interfaces
import Ristretto255
import SensorClient
import ServiceSupport
import Sodium
import Statement
import Synchronization
import Testing
import Vault

@testable import ProverCore

@Suite("prover: the ways through")
struct ProverTests {
    @Test("enrol, commit, log in, log in as root: the verifier accepts each proof as biometric")
    func loginAfterEnrolment() async throws {
        try await ProverBench.run { bench in
            let template = try await bench.enrol()
            #expect(template.epoch == 0)
            let envelope = try await bench.prover.prove(bench.challenge().bytes, by: bench.alice)
            #expect(try bench.verify(envelope).proof.verdict == .biometric)
            let forRoot = try await bench.prover.prove(bench.challenge().bytes, by: bench.root)
            #expect(try bench.verify(forRoot).proof.verdict == .biometric)
            let list = try bench.prover.list(nil, by: bench.alice)
            #expect(list.count == 1 && list.first?.state == .active && list.first?.uid == ProverBench.aliceUID)
        }
    }

    @Test("progress names audience, modality and purpose before the capture, and rises while proving")
    func progress() async throws {
        try await ProverBench.run { bench in
            _ = try await bench.enrol()
            let seen = Mutex<[(String, String, Double)]>([])
            let request = Request(peer: ProverBench.aliceUID) { stage, message, fraction in
                seen.withLock { $0.append((stage, message, fraction)) }
            }
            _ = try await bench.prover.prove(bench.challenge().bytes, by: request)
            let reports = seen.withLock { $0 }
            #expect(reports.first?.0 == "capture")
            #expect(reports.first?.1 == "host asks for your face for login")
            let proving = reports.filter { $0.0 == "prove" }.map(\.2)
            #expect(proving == proving.sorted() && proving.last == 1 && proving.count > 2)
        }
    }

    @Test("re-blinding and refreshing: the old template stays until the receipt, then the new one is in force")
    func rotation() async throws {
        for role in [Role.reblind, .refresh] {
            try await ProverBench.run { bench in
                let old = try await bench.enrol()
                bench.sensor.see([ProverBench.person(1, noise: 2), ProverBench.person(1, noise: 3)])
                let envelope = try await bench.prover.rotate(
                    bench.challenge {
                        $0.role = role
                        $0.samples = role == .refresh ? 2 : 1
                    }.bytes,
                    by: bench.alice
                )
                #expect(try bench.current() == old)
                // The verifier has not answered: the old template still logs in.
                _ = try await bench.prover.prove(bench.challenge().bytes, by: bench.alice)
                let receipt = try #require(try bench.verify(envelope).receipt)
                try bench.prover.commit(receipt, by: bench.alice)
                try bench.prover.commit(receipt, by: bench.alice)  // again: harmless
                let new = try bench.current()
                #expect(new.epoch == 1 && new.commitment != old.commitment)
                let login = try await bench.prover.prove(bench.challenge().bytes, by: bench.alice)
                #expect(try bench.verify(login).proof.verdict == .biometric)
                // The old epoch is dead.
                await #expect(throws: ProverFailure.challengeRefused) {
                    try await bench.prover.prove(
                        bench.challenge {
                            $0.template = old.commitment
                            $0.epoch = 0
                        }.bytes,
                        by: bench.alice
                    )
                }
            }
        }
    }

    @Test("an upgrade: the template of the new model is in force on the receipt, or on a challenge that names it")
    func upgrade() async throws {
        for isReceiptLost in [false, true] {
            try await ProverBench.run { bench in
                let old = try await bench.enrol()
                bench.sensor.see([ProverBench.person(1, noise: 2), ProverBench.person(1, noise: 3)])
                let challenge = try bench.upgradeChallenge()
                let envelope = try await bench.prover.rotate(challenge.bytes, by: bench.alice)
                #expect(try bench.current() == old)
                _ = try await bench.prover.prove(bench.challenge().bytes, by: bench.alice)
                let (proof, receipt) = try bench.verify(envelope)
                #expect(proof.verdict == .biometric)
                let new = Enrolment.Template(commitment: try #require(proof.newTemplate), epoch: 1)
                if isReceiptLost {
                    // Under the old bounds the new template is not asked for.
                    await #expect(throws: ProverFailure.challengeRefused) {
                        let login = try bench.challenge { ($0.template, $0.epoch) = (new.commitment, new.epoch) }
                        return try await bench.prover.prove(login.bytes, by: bench.alice)
                    }
                } else {
                    try bench.prover.commit(try #require(receipt), by: bench.alice)
                    #expect(try bench.current() == new)
                }
                let login = try bench.challenge {
                    ($0.template, $0.epoch) = (new.commitment, new.epoch)
                    ($0.model, $0.threshold) = (challenge.challenge.model, challenge.challenge.threshold)
                }
                let answer = try await bench.prover.prove(login.bytes, by: bench.alice)
                #expect(try bench.verify(answer).proof.verdict == .biometric)
                #expect(try bench.current() == new)
                #expect(try bench.vault.enrolment(bench.key)?.policy.model == challenge.challenge.model)
                // The old model's challenges are history.
                await #expect(throws: ProverFailure.challengeRefused) {
                    try await bench.prover.prove(bench.challenge().bytes, by: bench.alice)
                }
            }
        }
    }

    @Test("an upgrade must state what was pinned of the old model, and the sample must match under it")
    func refusedUpgrades() async throws {
        try await ProverBench.run { bench in
            _ = try await bench.enrol()
            bench.sensor.see([ProverBench.person(1, noise: 2), ProverBench.person(1, noise: 3)])
            let changes: [(inout ProverBench.Draft) -> Void] = [
                { $0.previous?.threshold -= 1 }, { $0.previous?.minimumNorm -= 1 }, { $0.previous?.dimension = 32 },
                { $0.previous?.identity = [UInt8](repeating: 9, count: 32) }, { $0.assurance = .full },
            ]
            for change in changes {
                let challenge = try bench.upgradeChallenge(change)
                await #expect(throws: ProverFailure.challengeRefused) {
                    try await bench.prover.rotate(challenge.bytes, by: bench.alice)
                }
            }
            bench.sensor.see([ProverBench.person(2, noise: 2), ProverBench.person(2, noise: 3)])
            await #expect(throws: ProverFailure.noMatch) {
                try await bench.prover.rotate(bench.upgradeChallenge().bytes, by: bench.alice)
            }
        }
        try await ProverBench.run(selfEnrol: false) { bench in
            await #expect(throws: ProverFailure.notAuthorized) {
                let challenge = try bench.sign(
                    bench.draft {
                        $0.role = .upgrade
                        $0.template = CompressedRistretto(RistrettoPoint.generator.compress().bytes)
                        $0.previous = PreviousModel(
                            identity: [UInt8](repeating: 9, count: 32),
                            dimension: 16,
                            threshold: 40000,
                            minimumNorm: 1000
                        )
                    }
                )
                return try await bench.prover.rotate(challenge.bytes, by: bench.alice)
            }
        }
    }

    @Test("a lost receipt: a challenge by the pinned key that names the pending template is as good")
    func lostReceipt() async throws {
        try await ProverBench.run { bench in
            let old = try await bench.enrol()
            let envelope = try await bench.prover.rotate(bench.challenge { $0.role = .reblind }.bytes, by: bench.alice)
            let pending = try #require(try bench.verify(envelope).proof.newTemplate)
            // Another key may not do that.
            let thief = SigningKey()
            await #expect(throws: bench.keyChanged(to: thief)) {
                let draft = bench.draft {
                    $0.template = pending
                    $0.epoch = 1
                    $0.verifierKey = thief.publicKey.bytes
                }
                return try await bench.prover.prove(bench.sign(draft, by: thief).bytes, by: bench.alice)
            }
            // Nor may a wrong epoch.
            await #expect(throws: ProverFailure.challengeRefused) {
                try await bench.prover.prove(
                    bench.challenge {
                        $0.template = pending
                        $0.epoch = 2
                    }.bytes,
                    by: bench.alice
                )
            }
            #expect(try bench.current() == old)
            let login = try await bench.prover.prove(
                bench.challenge {
                    $0.template = pending
                    $0.epoch = 1
                }.bytes,
                by: bench.alice
            )
            #expect(try bench.verify(login).proof.verdict == .biometric)
            #expect(try bench.current().epoch == 1)
        }
    }

    @Test("an enrolment whose receipt was lost is put in force by the first login challenge")
    func lostEnrolmentReceipt() async throws {
        try await ProverBench.run { bench in
            bench.sensor.see([ProverBench.person(1)])
            let envelope = try await bench.prover.enroll(bench.enrolChallenge { $0.samples = 1 }.bytes, by: bench.alice)
            let template = try #require(try bench.verify(envelope).proof.newTemplate)
            #expect(try bench.vault.enrolment(bench.key)?.state == .pending)
            let login = try await bench.prover.prove(
                bench.sign(bench.draft { $0.template = template }).bytes,
                by: bench.alice
            )
            #expect(try bench.verify(login).proof.verdict == .biometric)
        }
    }
}

@Suite("prover: refusals")
struct ProverRefusalTests {
    @Test("challenges that differ from what was pinned are refused alike, before anything is captured or counted")
    func challenges() async throws {
        try await ProverBench.run { bench in
            _ = try await bench.enrol()
            let captures = bench.sensor.captures
            let thief = SigningKey()
            var bad: [(String, [UInt8])] = [
                (
                    "signature by another key",
                    try bench.sign(bench.draft { $0.template = try? bench.current().commitment }, by: thief).bytes
                ),
                ("empty", []), ("garbage", [UInt8](repeating: 1, count: 300)),
            ]
            let changes: [(String, (inout ProverBench.Draft) -> Void)] = [
                ("expired", { $0.issuedAt -= 61 }),
                ("from the future", { $0.issuedAt += 61 }),
                ("lives too long", { $0.lifetime = 901 }),
                ("assurance", { $0.assurance = .full }),
                ("lower threshold", { $0.threshold -= 1 }),
                ("higher threshold", { $0.threshold += 1 }),
                ("lower norm", { $0.minimumNorm -= 1 }),
                ("model", { $0.model[0] ^= 1 }),
                ("dimension", { $0.dimension -= 1 }),
                ("epoch", { $0.epoch += 1 }),
                ("commitment", { $0.template = try? EmbeddingOpening(committing: ProverBench.person(9)).commitment }),
                ("role reblind", { $0.role = .reblind }),
                ("role refresh", { $0.role = .refresh }),
            ]
            for (name, change) in changes { bad.append((name, try bench.challenge(change).bytes)) }
            var flipped = try bench.challenge().bytes
            flipped[flipped.count - 1] ^= 1
            bad.append(("flipped signature bit", flipped))
            bad.append(("trailing byte", try bench.challenge().bytes + [0]))
            bad.append(("enrol challenge", try bench.enrolChallenge().bytes))
            for (name, bytes) in bad {
                await #expect(throws: ProverFailure.challengeRefused, "\(name)") {
                    try await bench.prover.prove(bytes, by: bench.alice)
                }
            }
            #expect(bench.sensor.captures == captures)
            _ = try await bench.prover.prove(bench.challenge().bytes, by: bench.alice)
        }
    }

    @Test("who may do what")
    func authorisation() async throws {
        try await ProverBench.run(selfEnrol: false) { bench in
            await #expect(throws: ProverFailure.notAuthorized) {
                try await bench.prover.enroll(bench.enrolChallenge().bytes, by: bench.alice)
            }
            bench.sensor.see([ProverBench.person(1)])
            let envelope = try await bench.prover.enroll(bench.enrolChallenge { $0.samples = 1 }.bytes, by: bench.root)
            let receipt = try #require(try bench.verify(envelope).receipt)
            #expect(throws: ProverFailure.notAuthorized) { try bench.prover.commit(receipt, by: bench.bob) }
            try bench.prover.commit(receipt, by: bench.root)
            let captures = bench.sensor.captures
            let challenge = try bench.challenge()
            await #expect(throws: ProverFailure.notAuthorized) {
                try await bench.prover.prove(challenge.bytes, by: bench.bob)
            }
            await #expect(throws: ProverFailure.notAuthorized) {
                try await bench.prover.rotate(bench.challenge { $0.role = .reblind }.bytes, by: bench.bob)
            }
            await #expect(throws: ProverFailure.notAuthorized) {
                try await bench.prover.rotate(bench.challenge { $0.role = .refresh }.bytes, by: bench.alice)
            }
            await #expect(throws: ProverFailure.notAuthorized) {
                try await bench.prover.prove(bench.challenge { $0.subject = "nobody-at-all" }.bytes, by: bench.root)
            }
            #expect(throws: ProverFailure.notAuthorized) { try bench.prover.revoke(bench.key, by: bench.alice) }
            #expect(throws: ProverFailure.notAuthorized) { try bench.prover.revoke(bench.key, by: bench.bob) }
            #expect(throws: ProverFailure.notAuthorized) { try bench.prover.list("alice", by: bench.bob) }
            #expect(try bench.prover.list(nil, by: bench.bob).isEmpty)
            #expect(try bench.prover.list("alice", by: bench.alice).count == 1)
            #expect(try bench.prover.list(nil, by: bench.root).count == 1)
            #expect(bench.sensor.captures == captures)
            // What the subject may always do.
            _ = try await bench.prover.prove(challenge.bytes, by: bench.alice)
            _ = try await bench.prover.rotate(bench.challenge { $0.role = .reblind }.bytes, by: bench.alice)
            try bench.prover.revoke(bench.key, by: bench.root)
            await #expect(throws: ProverFailure.notEnrolled) {
                try await bench.prover.prove(challenge.bytes, by: bench.alice)
            }
        }
    }

    @Test("enrolment: a sample that is unlike the others is taken again, three times at most")
    func retakes() async throws {
        try await ProverBench.run { bench in
            let (alike, other) = ((1...3).map { ProverBench.person(1, noise: $0) }, ProverBench.person(2))
            // The second is somebody else's; the retake is good.
            bench.sensor.see([alike[0], other, alike[1], alike[2]])
            _ = try await bench.prover.enroll(bench.enrolChallenge().bytes, by: bench.alice)
            #expect(bench.sensor.captures == 4)
            bench.sensor.see([alike[0], alike[1], other])
            await #expect(throws: ProverFailure.noMatch) {
                try await bench.prover.enroll(bench.enrolChallenge().bytes, by: bench.alice)
            }
            #expect(bench.sensor.captures == 4 + 3 + Prover.maximumRetakes)
        }
    }

    @Test("the sample that the most others do not match is the one to take again")
    func outlier() throws {
        let agreement = SampleAgreement(try ProverBench.enrolDraft())
        let (one, two) = ((1...3).map { ProverBench.person(1, noise: $0) }, ProverBench.person(2))
        #expect(agreement.outlier(of: one) == nil)
        #expect(agreement.outlier(of: [two]) == nil)
        #expect(agreement.outlier(of: [two] + one) == 0)
        #expect(agreement.outlier(of: [one[0], two, one[1]]) == 1)
        #expect(agreement.outlier(of: [one[0], two]) == 1)
    }

    @Test("root is warned of a finger that is enrolled under another label, or for another account; nobody else is")
    func duplicates() async throws {
        try await ProverBench.run { bench in
            _ = try await bench.enrol()
            let warnings = Mutex<[String]>([])
            func enrol(
                _ person: Int,
                as peer: UInt32,
                _ label: String,
                audience: String = "host",
                subject: String = "alice"
            ) async throws {
                bench.sensor.see((1...3).map { ProverBench.person(person, noise: $0) })
                let request = Request(peer: peer) { stage, message, _ in
                    if stage == "warning" { warnings.withLock { $0.append(message) } }
                }
                let challenge = try bench.enrolChallenge {
                    ($0.label, $0.audience, $0.subject) = (label, audience, subject)
                }
                let place = Origin(audience == "host" ? "unix:/run/semblance/verifier" : "unix:/run/elsewhere")
                let expected = ChallengeExpectation(challenge.challenge, at: try #require(place))
                _ = try await bench.prover.enroll(challenge.bytes, expected: expected, by: request)
            }
            try await enrol(1, as: 0, "left", audience: "elsewhere")
            try await enrol(1, as: ProverBench.aliceUID, "left")
            try await enrol(2, as: 0, "thumb")
            #expect(warnings.withLock { $0 }.isEmpty)
            try await enrol(1, as: 0, "left")
            #expect(warnings.withLock { $0 } == ["this face is enrolled already, as default"])
            warnings.withLock { $0 = [] }
            // Of another account too; once, however many verifiers know it.
            try await enrol(1, as: ProverBench.bobUID, "theirs", subject: "bob")
            #expect(warnings.withLock { $0 }.isEmpty)
            try await enrol(2, as: 0, "mine", subject: "bob")
            #expect(warnings.withLock { $0 }.isEmpty)
            try await enrol(1, as: 0, "theirs", subject: "bob")
            #expect(
                warnings.withLock { $0 } == ["this face is enrolled already, for the account alice, as default"]
            )
        }
    }

    @Test("enrolment: twice, an unlike sample, a foreign key for a known audience")
    func enrolment() async throws {
        try await ProverBench.run { bench in
            bench.sensor.see([ProverBench.person(1), ProverBench.person(2)])
            await #expect(throws: ProverFailure.noMatch) {
                try await bench.prover.enroll(bench.enrolChallenge { $0.samples = 2 }.bytes, by: bench.alice)
            }
            #expect(try bench.vault.enrolments().isEmpty)
            _ = try await bench.enrol()
            await #expect(throws: ProverFailure.alreadyEnrolled) {
                try await bench.prover.enroll(bench.enrolChallenge().bytes, by: bench.alice)
            }
            let thief = SigningKey()
            let captures = bench.sensor.captures
            await #expect(throws: bench.keyChanged(to: thief)) {
                let draft = bench.draft {
                    $0.role = .enrol
                    $0.label = "second"
                    $0.verifierKey = thief.publicKey.bytes
                }
                return try await bench.prover.enroll(bench.sign(draft, by: thief).bytes, by: bench.alice)
            }
            #expect(bench.sensor.captures == captures)
        }
    }

    @Test("a configured verifier key is the only one for its audience")
    func configuredVerifier() async throws {
        let configured = SigningKey()
        try await ProverBench.run(verifiers: ["host": VerifierPin(key: configured.publicKey.bytes)]) { bench in
            bench.sensor.see([ProverBench.person(1)])
            await #expect(throws: bench.keyChanged(from: configured, to: bench.verifier)) {
                try await bench.prover.enroll(bench.enrolChallenge().bytes, by: bench.alice)
            }
            #expect(bench.sensor.captures == 0)
            _ = try await bench.prover.enroll(
                bench.enrolChallenge {
                    $0.audience = "elsewhere"
                    $0.samples = 1
                }.bytes,
                by: bench.alice
            )
        }
    }

    @Test("receipts: by another key, for another template, epoch, model or role")
    func receipts() async throws {
        try await ProverBench.run { bench in
            bench.sensor.see([ProverBench.person(1)])
            let envelope = try await bench.prover.enroll(bench.enrolChallenge { $0.samples = 1 }.bytes, by: bench.alice)
            let good = try SignedReceipt(decoding: #require(try bench.verify(envelope).receipt)).receipt
            func receipt(
                role: Role = .enrol,
                epoch: UInt64 = 0,
                model: [UInt8]? = nil,
                template: [UInt8]? = nil,
                signer: SigningKey? = nil
            ) throws -> [UInt8] {
                let other = try EmbeddingOpening(committing: ProverBench.person(5)).commitment
                let changed = Receipt(
                    role: role,
                    modality: good.modality,
                    audience: good.audience,
                    subject: good.subject,
                    label: good.label,
                    template: template == nil ? good.template : other,
                    epoch: epoch,
                    model: model ?? good.model,
                    time: good.time
                )
                return SignedReceipt(signing: changed, with: signer ?? bench.verifier).bytes
            }
            let bad: [[UInt8]] = [
                try receipt(signer: SigningKey()), try receipt(epoch: 1),
                try receipt(model: [UInt8](repeating: 0, count: 32)), try receipt(template: []), [], [1, 2, 3],
                try receipt() + [0],
            ]
            for bytes in bad {
                #expect(throws: ProverFailure.challengeRefused) { try bench.prover.commit(bytes, by: bench.alice) }
            }
            #expect(try bench.vault.enrolment(bench.key)?.state == .pending)
            try bench.prover.commit(receipt(), by: bench.alice)
            #expect(try bench.vault.enrolment(bench.key)?.state == .active)
        }
    }
}

@Suite("prover: attempts")
struct ProverAttemptTests {
    @Test("a stranger gets five tries, then one each thirty seconds; a success forgives")
    func lockOut() async throws {
        try await ProverBench.run { bench in
            _ = try await bench.enrol()
            bench.sensor.see([ProverBench.person(2)])
            for _ in 0..<5 {
                await #expect(throws: ProverFailure.noMatch) {
                    try await bench.prover.prove(bench.challenge().bytes, by: bench.alice)
                }
            }
            let captures = bench.sensor.captures
            await #expect(throws: ProverFailure.lockedOut(retryAfterSeconds: 30)) {
                try await bench.prover.prove(bench.challenge().bytes, by: bench.alice)
            }
            // Root's tries for the subject count the same, and rotation is no way round.
            await #expect(throws: ProverFailure.lockedOut(retryAfterSeconds: 30)) {
                try await bench.prover.rotate(bench.challenge { $0.role = .reblind }.bytes, by: bench.root)
            }
            #expect(bench.sensor.captures == captures, "a locked-out caller does not even start the sensor")
            bench.pass(30)
            bench.sensor.see([ProverBench.person(1)])
            _ = try await bench.prover.prove(bench.challenge().bytes, by: bench.alice)
            bench.sensor.see([ProverBench.person(2)])
            for _ in 0..<5 {
                await #expect(throws: ProverFailure.noMatch) {
                    try await bench.prover.prove(bench.challenge().bytes, by: bench.alice)
                }
            }
        }
    }

    @Test("what is not a failed match is not charged: no sensor, a poor sample, a refused challenge, a hung-up caller")
    func notCharged() async throws {
        try await ProverBench.run { bench in
            _ = try await bench.enrol()
            for failure in [
                SampleFailure.unavailable(hint: "x"), .poorSample(advice: "too dark"), .busy, .cancelled,
            ] {
                bench.sensor.fail(failure)
                for _ in 0..<6 {
                    await #expect(throws: ProverFailure.self) {
                        try await bench.prover.prove(bench.challenge().bytes, by: bench.alice)
                    }
                }
            }
            bench.sensor.fail(nil)
            for _ in 0..<6 {
                await #expect(throws: ProverFailure.challengeRefused) {
                    try await bench.prover.prove(bench.challenge { $0.threshold -= 1 }.bytes, by: bench.alice)
                }
            }
            bench.sensor.script.withLock { $0.delay = .seconds(5) }
            for _ in 0..<6 {
                let bytes = try bench.challenge().bytes
                let task = Task { try await bench.prover.prove(bytes, by: bench.alice) }
                try await Task.sleep(for: .milliseconds(30))
                task.cancel()
                await #expect(throws: ProverFailure.self) { try await task.value }
            }
            bench.sensor.script.withLock { $0.delay = .zero }
            _ = try await bench.prover.prove(bench.challenge().bytes, by: bench.alice)
        }
    }

    @Test("root, and nobody else, lifts a lock-out")
    func unlock() async throws {
        try await ProverBench.run { bench in
            _ = try await bench.enrol()
            for _ in 0..<50 {
                bench.pass(30)
                try bench.vault.beginAttempt("alice", .face)
            }
            #expect(throws: ProverFailure.notAuthorized) { try bench.prover.unlock("alice", nil, by: bench.alice) }
            try bench.prover.unlock("alice", .fingerprint, by: bench.root)
            await #expect(throws: ProverFailure.lockedOut(retryAfterSeconds: nil)) {
                try await bench.prover.prove(bench.challenge().bytes, by: bench.alice)
            }
            try bench.prover.unlock("alice", nil, by: bench.root)
            _ = try await bench.prover.prove(bench.challenge().bytes, by: bench.alice)
        }
    }

    /// The attack: whoever sits at the unlocked session enrols a finger of his own, and so clears the count of the owner's.
    @Test("fifty failures end it; a new enrolment by root helps, one by the subject does not")
    func hardLimit() async throws {
        try await ProverBench.run { bench in
            _ = try await bench.enrol()
            for _ in 0..<50 {
                bench.pass(30)
                try bench.vault.beginAttempt("alice", .face)
            }
            bench.pass(1_000_000)
            await #expect(throws: ProverFailure.lockedOut(retryAfterSeconds: nil)) {
                try await bench.prover.prove(bench.challenge().bytes, by: bench.alice)
            }
            try bench.prover.revoke(bench.key, by: bench.root)
            _ = try await bench.enrol()
            await #expect(throws: ProverFailure.lockedOut(retryAfterSeconds: nil)) {
                try await bench.prover.prove(bench.challenge().bytes, by: bench.alice)
            }
            try bench.prover.revoke(bench.key, by: bench.root)
            _ = try await bench.enrol(by: bench.root)
            _ = try await bench.prover.prove(bench.challenge().bytes, by: bench.alice)
        }
    }

    @Test("one capture at a time")
    func busy() async throws {
        try await ProverBench.run(change: { $0.queue.patience = .milliseconds(200) }) { bench in
            _ = try await bench.enrol()
            bench.sensor.script.withLock { $0.delay = .seconds(600) }
            let captures = bench.sensor.captures
            let bytes = try bench.challenge().bytes
            let first = Task { try await bench.prover.prove(bytes, by: bench.alice) }
            while bench.sensor.captures == captures { try await Task.sleep(for: .milliseconds(5)) }
            await #expect(throws: ProverFailure.busy) {
                try await bench.prover.prove(bench.challenge().bytes, by: bench.alice)
            }
            first.cancel()
            await #expect(throws: ProverFailure.self) { try await first.value }
            // And the slot is free again.
            bench.sensor.script.withLock { $0.delay = .zero }
            _ = try await bench.prover.prove(bench.challenge().bytes, by: bench.alice)
        }
    }

    @Test("sensor failures reach the caller with their hint")
    func sensorFailures() async throws {
        try await ProverBench.run { bench in
            _ = try await bench.enrol()
            for (failure, expected) in [
                (SampleFailure.unavailable(hint: "gone"), ProverFailure.sensorUnavailable(hint: "gone")),
                (.poorSample(advice: "too dark"), .poorSample(hint: "too dark")), (.busy, .busy),
            ] {
                bench.sensor.fail(failure)
                await #expect(throws: expected) {
                    try await bench.prover.prove(bench.challenge().bytes, by: bench.alice)
                }
            }
        }
    }

    @Test("every failure has its declared error")
    func replies() {
        let failures: [ProverFailure] = [
            .notAuthorized, .notEnrolled, .alreadyEnrolled, .challengeRefused, .noMatch,
            .challengeMismatch(.init("role", expected: "authenticate", found: "enrol")),
            .verifierKeyChanged(audience: "a", origin: ChallengeExpectation.socket, pinned: [1], offered: [2]),
            .lockedOut(retryAfterSeconds: 3), .lockedOut(retryAfterSeconds: nil), .sensorUnavailable(hint: "h"),
            .poorSample(hint: "h"), .busy, .storageFailure(hint: "h"),
        ]
        for failure in failures {
            let reply = failure.reply
            #expect(reply.fits(.prover), "\(reply)")
        }
        #expect(ProverFailure.lockedOut(retryAfterSeconds: nil).reply.parameters == ["retryAfterSeconds": -1])
    }

    @Test("enrols and logs in with proofs of the network", arguments: [Assurance.full, .head])
    func network(_ assurance: Assurance) async throws {
        let model = try ProverBench.makeModel()
        try await ProverBench.run(models: [model]) { bench in
            let change: (inout ProverBench.Draft) -> Void = {
                $0.assurance = assurance
                $0.model = model.identity
            }
            bench.sensor.see((1...3).map { ProverBench.person(1, noise: $0) })
            let envelope = try await bench.prover.enroll(bench.enrolChallenge(change).bytes, by: bench.alice)
            let (proof, receipt) = try bench.verify(envelope, model: model.published)
            #expect(proof.challenge.assurance == assurance && proof.verdict == .biometric)
            try bench.prover.commit(try #require(receipt), by: bench.alice)
            bench.sensor.see([ProverBench.person(1, noise: 4)])
            let login = try await bench.prover.prove(bench.challenge(change).bytes, by: bench.alice)
            #expect(try bench.verify(login, model: model.published).proof.verdict == .biometric)
            // A registry without the model cannot even decode it.
            #expect(throws: WireError.self) { try bench.verify(login) }
            bench.sensor.see([ProverBench.person(2)])
            await #expect(throws: ProverFailure.noMatch) {
                try await bench.prover.prove(bench.challenge(change).bytes, by: bench.alice)
            }
        }
    }

    @Test("a model that is not configured is missed before anything is captured")
    func unknownModel() async throws {
        try await ProverBench.run { bench in
            let challenge = try bench.enrolChallenge { $0.assurance = .full }
            do {
                _ = try await bench.prover.enroll(challenge.bytes, by: bench.alice)
                Issue.record("there is no model")
            } catch ProverFailure.sensorUnavailable(let hint) {
                #expect(hint.contains("0707070707070707") && hint.contains("--model"))
            }
            #expect(bench.sensor.captures == 0)
        }
    }
}
