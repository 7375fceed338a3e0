import Commitments
import Interfaces
import Sodium
import Statement
import Synchronization
import Testing
import Vault

@testable import ProverCore

/// Alice with two fingers and a face.
@Suite("prover: any enrolled finger or face")
struct AlternativesTests {
    private struct Enrolled {
        let modality: Modality
        let label: String
        let person: Int
    }

    private static let right = Enrolled(modality: .fingerprint, label: "right-index", person: 1)
    private static let left = Enrolled(modality: .fingerprint, label: "left-thumb", person: 2)
    private static let face = Enrolled(modality: .face, label: "default", person: 3)
    private static let all = [right, left, face]

    private func enrol(_ bench: ProverBench, _ entries: [Enrolled] = all) async throws {
        for entry in entries {
            bench.sensor.see((1...3).map { ProverBench.person(entry.person, noise: $0) })
            let challenge = try bench.enrolChallenge {
                $0.modality = entry.modality
                $0.label = entry.label
            }
            let proof = try await bench.prover.enroll(challenge.bytes, by: bench.alice)
            try bench.prover.commit(try #require(try bench.verify(proof).receipt), by: bench.alice)
        }
    }

    /// A set about these enrolments, as the verifier issues it.
    private func issue(
        _ bench: ProverBench,
        _ entries: [Enrolled] = all,
        _ change: (inout ProverBench.Draft, Int) -> Void = { _, _ in }
    ) throws -> [SignedChallenge] {
        let nonce = SecureRandom.bytes(32)
        let foreign = try EmbeddingOpening(committing: ProverBench.person(9)).commitment
        return try entries.enumerated().map { index, entry in
            let key = EnrolmentKey(subject: "alice", audience: "host", modality: entry.modality, label: entry.label)
            let current = try bench.vault.enrolment(key)?.current
            return try bench.sign(
                bench.draft {
                    $0.modality = entry.modality
                    $0.label = entry.label
                    $0.template = current?.commitment ?? foreign
                    $0.epoch = current?.epoch ?? 0
                    $0.nonce = nonce
                    change(&$0, index)
                }
            )
        }
    }

    private func prove(
        _ bench: ProverBench,
        _ challenges: [SignedChallenge],
        by request: Request? = nil
    ) async throws -> [UInt8] {
        try await bench.prover.prove(
            challenges[0].bytes,
            alternatives: challenges.dropFirst().map(\.bytes),
            expected: ChallengeExpectation(
                origin: ChallengeExpectation.socket,
                role: "authenticate",
                subject: "alice",
                purpose: "login",
                samples: 1
            ),
            by: request ?? bench.alice
        ).proof
    }

    private func show(_ bench: ProverBench, _ entry: Enrolled) {
        bench.sensor.see([ProverBench.person(entry.person, noise: 4)])
        bench.sensor.script.withLock { $0.modality = entry.modality }
    }

    @Test("whichever is presented, one capture proves it, and the verifier sees which")
    func anyOfThem() async throws {
        try await ProverBench.run { bench in
            try await enrol(bench)
            for order in [Self.all, Self.all.reversed()] {
                for entry in Self.all {
                    show(bench, entry)
                    let captures = bench.sensor.captures
                    let proof = try await prove(bench, try issue(bench, order))
                    #expect(bench.sensor.captures == captures + 1)
                    let seen = try bench.verify(proof).proof
                    #expect(seen.verdict == .biometric)
                    #expect(seen.challenge.modality == entry.modality && seen.challenge.label == entry.label)
                }
            }
        }
    }

    @Test("of several that match, the first in the verifier's order is proved")
    func order() async throws {
        try await ProverBench.run { bench in
            let twins = [Self.right, Enrolled(modality: .fingerprint, label: "again", person: 1)]
            try await enrol(bench, twins)
            show(bench, Self.right)
            for order in [twins, twins.reversed()] {
                let proof = try await prove(bench, try issue(bench, order))
                #expect(try bench.verify(proof).proof.challenge.label == order[0].label)
            }
        }
    }

    @Test("each template is compared under its own bounds")
    func ownBounds() async throws {
        try await ProverBench.run { bench in
            try await enrol(bench, [Self.left])
            // The right finger was enrolled under a bound that nothing but the same picture meets.
            bench.sensor.see([ProverBench.person(1)])
            let strict = try bench.enrolChallenge {
                $0.modality = .fingerprint
                $0.label = Self.right.label
                $0.threshold = .max
            }
            let proof = try await bench.prover.enroll(strict.bytes, by: bench.alice)
            try bench.prover.commit(try #require(try bench.verify(proof).receipt), by: bench.alice)
            show(bench, Self.right)
            let challenges = try issue(bench, [Self.right, Self.left]) { draft, index in
                if index == 0 { draft.threshold = .max }
            }
            await #expect(throws: ProverFailure.noMatch) { try await prove(bench, challenges) }
        }
    }

    @Test("a wrong finger is one failed attempt, not one for each enrolment")
    func oneAttempt() async throws {
        try await ProverBench.run { bench in
            try await enrol(bench)
            show(bench, Enrolled(modality: .fingerprint, label: "", person: 7))
            for _ in 0..<5 {
                let challenges = try issue(bench)
                await #expect(throws: ProverFailure.noMatch) { try await prove(bench, challenges) }
            }
            // Fingers are locked out now, and are left out; the face still serves.
            let challenges = try issue(bench, [Self.right, Self.left])
            await #expect(throws: ProverFailure.lockedOut(retryAfterSeconds: 30)) {
                try await prove(bench, challenges)
            }
            show(bench, Self.right)
            let mixed = try issue(bench)
            await #expect(throws: ProverFailure.poorSample(hint: "nothing of this modality")) {
                try await prove(bench, mixed)
            }
            show(bench, Self.face)
            let proof = try await prove(bench, try issue(bench))
            #expect(try bench.verify(proof).proof.challenge.modality == .face)
        }
    }

    @Test("what is not enrolled here, or with another template, is passed over as long as something is left")
    func unknownOnes() async throws {
        try await ProverBench.run { bench in
            try await enrol(bench, [Self.left])
            show(bench, Self.left)
            // The right finger is enrolled with the verifier by another machine; the face's template is not ours.
            let proof = try await prove(bench, try issue(bench, [Self.right, Self.left, Self.face]))
            #expect(try bench.verify(proof).proof.challenge.label == Self.left.label)
            let unknown = try issue(bench, [Self.right, Self.face])
            await #expect(throws: ProverFailure.notEnrolled) { try await prove(bench, unknown) }
            try await enrol(bench, [Self.right])
            let stale = try issue(bench, [Self.right, Self.left]) { draft, index in draft.epoch += index == 0 ? 1 : 0 }
            show(bench, Self.left)
            _ = try await prove(bench, stale)
            let all = try issue(bench, [Self.right, Self.left]) { draft, _ in draft.epoch += 1 }
            await #expect(throws: ProverFailure.challengeRefused) { try await prove(bench, all) }
        }
    }

    /// An alternative must not bring in what a challenge alone could not.
    @Test("an alternative that differs in more than the enrolment is refused and named, before any capture")
    func smuggled() async throws {
        try await ProverBench.run { bench in
            try await enrol(bench)
            show(bench, Self.right)
            let captures = bench.sensor.captures
            let stranger = SigningKey()
            func refused(
                _ field: String,
                _ change: @escaping (inout ProverBench.Draft, Int) -> Void,
                sourceLocation: SourceLocation = #_sourceLocation
            ) async throws {
                let challenges = try issue(bench, Self.all, change)
                do {
                    _ = try await prove(bench, challenges)
                    Issue.record("\(field): not refused", sourceLocation: sourceLocation)
                } catch ProverFailure.challengeMismatch(let mismatch) {
                    #expect(mismatch.field == field, sourceLocation: sourceLocation)
                }
            }
            for place in 1...2 {
                try await refused("audience") { if $1 == place { $0.audience = "elsewhere" } }
                try await refused("subject") { if $1 == place { $0.subject = "bob" } }
                try await refused("purpose") { if $1 == place { $0.purpose = "payment" } }
                try await refused("role") { if $1 == place { $0.role = .reblind } }
                try await refused("nonce") { if $1 == place { $0.nonce = SecureRandom.bytes(32) } }
                try await refused("clientKey") { if $1 == place { $0.clientKey = stranger.publicKey.bytes } }
                try await refused("verifierKey") { if $1 == place { $0.verifierKey = stranger.publicKey.bytes } }
                try await refused("issuedAt") { if $1 == place { $0.issuedAt += 1 } }
                try await refused("expiresAt") { if $1 == place { $0.lifetime += 1 } }
                try await refused("label") {
                    if $1 == place { ($0.modality, $0.label) = (Self.right.modality, Self.right.label) }
                }
            }
            // The key that was pinned, and no other: named by all, signed by one.
            let challenges = try issue(bench)
            let forged = SignedChallenge(signing: challenges[1].challenge, with: stranger)
            await #expect(throws: ProverFailure.challengeRefused) {
                try await prove(bench, [challenges[0], forged, challenges[2]])
            }
            // Nor other bounds than were pinned.
            let lax = try issue(bench) { draft, index in if index == 2 { draft.threshold = 1 } }
            await #expect(throws: ProverFailure.challengeRefused) { try await prove(bench, lax) }
            await #expect(throws: ProverFailure.challengeRefused) {
                try await bench.prover.prove(
                    challenges[0].bytes,
                    alternatives: [[1, 2, 3]],
                    expected: ChallengeExpectation(challenges[0].challenge),
                    by: bench.alice
                )
            }
            #expect(bench.sensor.captures == captures)
        }
    }

    @Test("nine challenges are one too many")
    func tooMany() async throws {
        try await ProverBench.run { bench in
            let entries = (0..<9).map { Enrolled(modality: .fingerprint, label: "finger-\($0)", person: $0 + 1) }
            try await enrol(bench, entries)
            show(bench, entries[7])
            let nine = try issue(bench, entries)
            let expected = ProverFailure.challengeMismatch(
                .init("alternatives", expected: "at most 7", found: "8")
            )
            await #expect(throws: expected) { try await prove(bench, nine) }
            let proof = try await prove(bench, try issue(bench, Array(entries.prefix(8))))
            #expect(try bench.verify(proof).proof.challenge.label == "finger-7")
        }
    }

    @Test("progress and the question of an agent name all that would do")
    func words() async throws {
        try await ProverBench.run(attends: false) { bench in
            try await enrol(bench)
            show(bench, Self.left)
            let messages = Mutex<[String]>([])
            let questions = Mutex<[String]>([])
            _ = bench.attend(uid: ProverBench.aliceUID, answer: true) { question in
                if case .string(let text)? = question["presented"] { questions.withLock { $0.append(text) } }
            }
            let request = Request(peer: ProverBench.aliceUID, confirm: true) { stage, message, _ in
                if stage == "capture" { messages.withLock { $0.append(message) } }
            }
            _ = try await prove(bench, try issue(bench), by: request)
            let words = "your right index finger, your left thumb or your face"
            #expect(questions.withLock { $0 } == [words])
            #expect(messages.withLock { $0 } == ["host asks for \(words) for login"])
        }
    }

    @Test(
        "labels in words",
        arguments: [
            ("right-index", "your right index finger"), ("left-thumb", "your left thumb"),
            ("right-index-finger", "your right index finger"), ("default", "your finger"),
            ("left-index-toe", "your finger \"left-index-toe\""), ("mine", "your finger \"mine\""),
            ("right-", "your finger \"right-\""), ("left-ring-finger-2", "your finger \"left-ring-finger-2\""),
        ]
    )
    func label(_ label: String, _ words: String) async throws {
        try await ProverBench.run { bench in
            let challenge = try bench.enrolChallenge {
                $0.modality = .fingerprint
                $0.label = label
            }.challenge
            #expect(PresentedWords.list([challenge]) == words)
        }
    }

    @Test("at full, one proof of the network whatever the number of enrolments")
    func full() async throws {
        let model = try ProverBench.makeModel()
        try await ProverBench.run(models: [model]) { bench in
            let entries = (1...3).map { Enrolled(modality: .face, label: "face-\($0)", person: $0) }
            for entry in entries {
                bench.sensor.see([ProverBench.person(entry.person)])
                let challenge = try bench.enrolChallenge {
                    $0.label = entry.label
                    $0.assurance = .full
                    $0.model = model.identity
                    $0.samples = 1
                }
                let proof = try await bench.prover.enroll(challenge.bytes, by: bench.alice)
                let receipt = try #require(try bench.verify(proof, model: model.published).receipt)
                try bench.prover.commit(receipt, by: bench.alice)
            }
            bench.sensor.see([ProverBench.person(3)])
            let challenges = try issue(bench, entries) { draft, _ in
                draft.assurance = .full
                draft.model = model.identity
            }
            let proof = try await prove(bench, challenges)
            let seen = try bench.verify(proof, model: model.published).proof
            #expect(seen.challenge.label == "face-3" && seen.verdict == .biometric)
        }
    }
}
