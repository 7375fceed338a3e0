import Interfaces
import Sodium
import Statement
import Testing
import Varlink

@testable import VerifierCore

/// A login is about all of a subject's enrolments, and stays one login.
@Suite struct AlternativesTests {
    private let connection = ConnectionIdentity()
    private var local: Requester { .local(connection: connection, uid: 0) }
    private var here: Submitter { .local(connection: connection, uid: 0) }

    /// Alice with a face and two fingers, here or on that device, in this order.
    private func enrolThree(_ bench: TestBench, device: SigningKey? = nil) async throws {
        try await bench.enrol("alice", device: device)
        try await bench.enrol("alice", label: "right-index", modality: .fingerprint, device: device)
        try await bench.enrol("alice", label: "left-thumb", modality: .fingerprint, device: device)
    }

    private func ask(
        _ bench: TestBench,
        modality: String? = nil,
        label: String? = nil,
        _ requester: Requester? = nil
    ) async throws -> [SignedChallenge] {
        try await bench.verifier.challenges(
            subject: "alice",
            purpose: "login",
            modality: modality,
            label: label,
            for: requester ?? local
        ).map { try SignedChallenge(decoding: $0) }
    }

    private func names(_ challenges: [SignedChallenge]) -> [String] {
        challenges.map { "\($0.challenge.modality.name)/\($0.challenge.label)" }
    }

    @Test func aChallengeForEveryEnrolmentThatFitsOldestFirst() async throws {
        let bench = try TestBench()
        try await enrolThree(bench)
        try await bench.enrol("bob", label: "left-index", modality: .fingerprint)
        let all = try await ask(bench)
        #expect(names(all) == ["face/default", "fingerprint/right-index", "fingerprint/left-thumb"])
        try ChallengeSet.check(all.map(\.challenge))
        #expect(Set(all.map(\.challenge.nonce)).count == 1)
        #expect(all.allSatisfy { $0.isSigned(by: bench.keys.signing.publicKey) })
        #expect(Set(all.map { $0.challenge.template?.bytes }).count == 3)
        let other = try await ask(bench)
        #expect(other[0].challenge.nonce != all[0].challenge.nonce)
        let fingers = try await ask(bench, modality: "fingerprint")
        #expect(names(fingers) == ["fingerprint/right-index", "fingerprint/left-thumb"])
        #expect(names(try await ask(bench, label: "left-thumb")) == ["fingerprint/left-thumb"])
        // A label is one enrolment, also where both modalities have it.
        try await bench.enrol("alice", label: "default", modality: .fingerprint)
        #expect(names(try await ask(bench, label: "default")) == ["face/default"])
        try await bench.verifier.revoke(subject: "alice", modality: "face", label: "default", for: local)
        #expect(names(try await ask(bench)).count == 3)
    }

    @Test func atMostEightTheOldest() async throws {
        let bench = try TestBench()
        for index in 0..<10 { try await bench.enrol("alice", label: "\(index)", modality: .fingerprint) }
        #expect(names(try await ask(bench)) == (0..<8).map { "fingerprint/\($0)" })
        #expect(names(try await ask(bench, label: "9")) == ["fingerprint/9"])
    }

    @Test func anyOfThemIsALogin() async throws {
        let bench = try TestBench()
        try await enrolThree(bench)
        for place in 0..<3 {
            let challenges = try await ask(bench)
            let login = try await bench.verifier.verify(proof: bench.proof(challenges[place].bytes), from: here)
            #expect(login.modality == challenges[place].challenge.modality && login.verdict == .biometric)
        }
    }

    /// The attack: one request, a token for every finger.
    @Test func aSetBuysOneLogin() async throws {
        let bench = try TestBench()
        try await enrolThree(bench)
        for (first, second) in [(0, 1), (1, 0), (1, 2), (2, 2)] {
            let challenges = try await ask(bench)
            _ = try await bench.verifier.verify(proof: bench.proof(challenges[first].bytes), from: here)
            await #expect(throws: VerifierError.refused) {
                try await bench.verifier.verify(proof: bench.proof(challenges[second].bytes, salt: 1), from: here)
            }
        }
        #expect(try bench.refusals() == Array(repeating: RefusalReason.consumedChallenge.rawValue, count: 4))
    }

    @Test func ofProofsAtTheSameTimeOneCounts() async throws {
        let bench = try TestBench()
        try await enrolThree(bench)
        let challenges = try await ask(bench)
        let proofs = try challenges.map { try bench.proof($0.bytes) }
        let (verifier, here) = (bench.verifier, here)
        let accepted = await withTaskGroup(of: Bool.self) { group in
            for proof in proofs {
                group.addTask { (try? await verifier.verify(proof: proof, from: here)) != nil }
            }
            return await group.reduce(0) { $0 + ($1 ? 1 : 0) }
        }
        #expect(accepted == 1)
    }

    @Test func aRefusedProofIsOneAttemptAndUsesTheSetUp() async throws {
        let bench = try TestBench()
        try await enrolThree(bench)
        for _ in 0..<5 {
            let challenges = try await ask(bench)
            await #expect(throws: VerifierError.refused) {
                try await bench.verifier.verify(proof: bench.proof(challenges[1].bytes, isValid: false), from: here)
            }
            await #expect(throws: VerifierError.refused) {
                try await bench.verifier.verify(proof: bench.proof(challenges[0].bytes), from: here)
            }
        }
        await #expect(throws: VerifierError.lockedOut(retryAfterSeconds: 30)) { try await ask(bench) }
    }

    @Test func aRotationOfOneLeavesTheOthersOfASetAlive() async throws {
        let bench = try TestBench()
        try await enrolThree(bench)
        for place in [1, 2] {
            let challenges = try await ask(bench)
            let rotation = try await bench.verifier.rotateChallenge(
                subject: "alice",
                modality: "fingerprint",
                label: "right-index",
                kind: "reblind",
                samples: 1,
                for: local
            )
            let rotated = try bench.proof(rotation, newTemplate: TestBench.randomCommitment())
            _ = try await bench.verifier.rotate(proof: rotated, from: here)
            let proof = try bench.proof(challenges[place].bytes)
            if place == 1 {
                await #expect(throws: VerifierError.refused) {
                    try await bench.verifier.verify(proof: proof, from: here)
                }
            } else {
                _ = try await bench.verifier.verify(proof: proof, from: here)
            }
        }
    }

    @Test func aDeviceIsShownItsOwnAndAStrangerOneDecoy() async throws {
        let bench = try TestBench()
        let (device, other, stranger) = (SigningKey(), SigningKey(), SigningKey())
        try await enrolThree(bench, device: device)
        try await bench.enrol("alice", label: "phone", device: other)
        try await bench.enrol("alice", label: "local")
        let own = try await ask(bench, TestBench.requester(device))
        #expect(names(own) == ["face/default", "fingerprint/right-index", "fingerprint/left-thumb"])
        #expect(own.allSatisfy { $0.challenge.clientKey == device.publicKey.bytes })
        #expect(names(try await ask(bench, TestBench.requester(other))) == ["face/phone"])
        #expect(names(try await ask(bench)) == ["face/local"])
        for place in [2, 0] {
            let challenges = try await ask(bench, TestBench.requester(device))
            let proof = try bench.proof(challenges[place].bytes)
            // Another device's signature makes it nobody's.
            await #expect(throws: VerifierError.refused) {
                try await bench.verifier.verify(proof: proof, from: TestBench.submitter(proof, other))
            }
            _ = try await bench.verifier.verify(proof: proof, from: TestBench.submitter(proof, device))
        }
        let decoy = try await ask(bench, TestBench.requester(stranger))
        #expect(decoy.count == 1)
        let templates = own.map { $0.challenge.template?.bytes }
        #expect(!templates.contains(decoy[0].challenge.template?.bytes))
    }

    /// What a stranger is answered has the same members and length whether or not the subject has several enrolments.
    @Test func overHTTPAStrangerSeesNoNumber() async throws {
        let http = try await HTTPBench()
        let bench = http.bench
        let device = SigningKey()
        try await enrolThree(bench, device: device)
        try await bench.enrol("karen", device: SigningKey())
        func answer(_ subject: String, _ key: SigningKey) async throws -> Parameters {
            let (status, answer) = try await http.post(
                "/v1/challenge",
                [
                    "subject": .string(subject), "purpose": "shop.example.org",
                    "clientKey": .string(Base64.encode(key.publicKey.bytes)),
                ]
            )
            #expect(status == 200)
            return answer
        }
        let own = try await answer("alice", device)
        let alternatives = try own.bytesList("alternatives").map { try SignedChallenge(decoding: $0) }
        #expect(names(alternatives) == ["fingerprint/right-index", "fingerprint/left-thumb"])
        for subject in ["alice", "karen", "nobo1"] {
            let answer = try await answer(subject, SigningKey())
            #expect(Set(answer.values.keys) == ["challenge"])
        }
        // The last one of the set logs in, and then none does.
        let proof = try bench.proof(alternatives[1].bytes)
        let (status, token) = try await http.post("/v1/verify", HTTPBench.submission(proof, key: device))
        #expect(status == 200 && token.values["token"] != nil)
        let second = try bench.proof(alternatives[0].bytes)
        #expect(try await http.post("/v1/verify", HTTPBench.submission(second, key: device)).status == 403)
        await http.stop()
    }
}
