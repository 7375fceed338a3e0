import Commitments
import Interfaces
import MatchProof
import ServiceSupport
import Sodium
import Statement
import Testing

@testable import VerifierCore

/// The verifier with the real proof system behind it.
@Suite(.serialized) struct RealProofTests {
    private let connection = ConnectionIdentity()
    private var root: Requester { .local(connection: connection, uid: 0) }
    private var submitter: Submitter { .local(connection: connection, uid: 0) }

    private func enrol(_ prover: TestProver, at bench: TestBench, subject: String = "alice") async throws {
        let challenge = try await bench.verifier.enrolChallenge(
            subject: subject,
            modality: "face",
            label: "default",
            samples: 3,
            assurance: "match",
            for: root
        )
        let (proof, template) = try prover.prove(challenge)
        try prover.commit(template, try await bench.verifier.register(proof: proof, from: submitter))
    }

    private func challenge(_ bench: TestBench) async throws -> [UInt8] {
        try await bench.verifier.challenge(subject: "alice", purpose: "login", for: root)
    }

    private func rotationChallenge(_ bench: TestBench, kind: String, samples: Int) async throws -> [UInt8] {
        try await bench.verifier.rotateChallenge(
            subject: "alice",
            modality: "face",
            label: "default",
            kind: kind,
            samples: samples,
            for: root
        )
    }

    @Test func aModelThatIsNotRegisteredIsNamedInTheLog() async throws {
        let bench = try TestBench(
            policy: try Policy(models: [try TestModels.allowed(TestModels.published())], assurance: .full)
        )
        let challenge = try await bench.verifier.enrolChallenge(
            subject: "alice",
            modality: "face",
            label: "default",
            samples: 1,
            for: root
        )
        var envelope = Array("SMBP".utf8) + [1, 1]
        envelope += [UInt8(truncatingIfNeeded: challenge.count), UInt8(truncatingIfNeeded: challenge.count >> 8)]
        envelope += challenge
        let other = MatchProofChecker(models: [try TestModels.published(name: "other")])
        #expect(throws: MatchProofChecker.UnregisteredModel.self) { try other.open(envelope) }
        let known = MatchProofChecker(models: bench.policy.models.compactMap(\.published))
        #expect(throws: WireError.self) { try known.open(envelope) }
    }

    @Test func enrolLogInReblindLogInRefreshLogIn() async throws {
        let bench = try TestBench(checker: MatchProofChecker())
        let prover = TestProver()
        try await enrol(prover, at: bench)
        let login = try await bench.verifier.verify(
            proof: try prover.prove(try await challenge(bench)).proof,
            from: submitter
        )
        #expect(login.verdict == .biometric)
        for (kind, samples) in [("reblind", 1), ("refresh", 2)] {
            let (proof, template) = try prover.prove(
                try await rotationChallenge(bench, kind: kind, samples: samples)
            )
            try prover.commit(template, try await bench.verifier.rotate(proof: proof, from: submitter))
            let login = try await bench.verifier.verify(
                proof: try prover.prove(try await challenge(bench)).proof,
                from: submitter
            )
            #expect(login.verdict == .biometric)
        }
        #expect(try await bench.verifier.list(subject: "alice", for: root).map(\.epoch) == [2])
        #expect(try bench.refusals().isEmpty)
    }

    @Test func aFlippedBitAnywhereIsRefused() async throws {
        let bench = try TestBench(checker: MatchProofChecker())
        let prover = TestProver()
        try await enrol(prover, at: bench)
        let length = try prover.prove(try await challenge(bench)).proof.count
        for numerator in 1..<8 {
            var proof = try prover.prove(try await challenge(bench)).proof
            #expect(proof.count == length)
            proof[length * numerator / 8] ^= 1
            await #expect(throws: VerifierError.refused, "byte \(length * numerator / 8) of \(length)") {
                try await bench.verifier.verify(proof: proof, from: submitter)
            }
            try await bench.verifier.unlock(subject: "alice")
        }
        let proof = try prover.prove(try await challenge(bench)).proof
        for wrong in [proof + [0], Array(proof.dropLast())] {
            await #expect(throws: VerifierError.refused) {
                try await bench.verifier.verify(proof: wrong, from: submitter)
            }
        }
        _ = try await bench.verifier.verify(proof: proof, from: submitter)
    }

    @Test func withoutASensorItIsPossessionOnly() async throws {
        let bench = try TestBench(
            policy: TestBench.policy(biometricRequired: false),
            checker: MatchProofChecker()
        )
        let prover = TestProver()
        try await enrol(prover, at: bench)
        let login = try await bench.verifier.verify(
            proof: try prover.prove(try await challenge(bench), isAttested: false).proof,
            from: submitter
        )
        #expect(login.verdict == .possession)
    }

    @Test func anotherPersonsProofCannotBeMade() async throws {
        let bench = try TestBench(checker: MatchProofChecker())
        let (alice, mallory) = (TestProver(), TestProver())
        try await enrol(alice, at: bench)
        try await enrol(mallory, at: bench, subject: "bob")
        let bytes = try await challenge(bench)
        #expect(throws: ProverError.wrongTemplate) { try mallory.prove(bytes) }
        // An attested proof for one's own challenge does not become one for another's.
        let own = try await bench.verifier.challenge(subject: "bob", purpose: "login", for: root)
        let login = try await bench.verifier.verify(proof: try mallory.prove(own).proof, from: submitter)
        #expect(login.subject == "bob")
    }

    /// The same person, the same network, two verifiers: their databases have nothing in common (attacks.md F17).
    @Test func twoVerifiersOfOnePersonShareNothing() async throws {
        func database(_ person: [Int16]) async throws -> [UInt8] {
            let bench = try TestBench(checker: MatchProofChecker())
            let prover = TestProver(person: person)
            try await enrol(prover, at: bench)
            _ = try await bench.verifier.verify(
                proof: try prover.prove(try await challenge(bench)).proof,
                from: submitter
            )
            try bench.verifier.store.close()
            return try DatabaseBytes.read(bench.databasePath).bytes
        }
        var random = SystemRandom()
        let person = (0..<128).map { _ in Int16.random(in: -100...100, using: &random) }
        let stranger = (0..<128).map { _ in Int16.random(in: -100...100, using: &random) }
        let shared = UnlinkabilityTests.shared(
            try await database(person),
            try await database(person),
            control: try await database(stranger)
        )
        #expect(shared.isEmpty)
    }

    /// Refusing takes as long as accepting would, for a known and for an unknown subject alike.
    @Test func aDecoyIsVerifiedLikeAnEnrolment() async throws {
        let bench = try TestBench(checker: MatchProofChecker())
        let prover = TestProver()
        try await enrol(prover, at: bench)
        let client = SigningKey()
        let bytes = try await bench.verifier.challenge(
            subject: "mallory",
            purpose: "login",
            modality: "face",
            for: .remote(clientKey: client.publicKey.bytes, address: "192.0.2.1")
        )
        #expect(throws: ProverError.wrongTemplate) { try prover.prove(bytes) }
        // The envelope of an honest proof around the decoy's challenge reaches the proof system and fails there.
        let honest = try prover.prove(try await challenge(bench)).proof
        let decoy = try SignedChallenge(decoding: bytes)
        let original = try SignedChallenge(decoding: try ProofEnvelope(decoding: honest).challenge.bytes)
        try #require(decoy.bytes.count != 0 && honest.count > original.bytes.count + 8)
        var count = UInt16(decoy.bytes.count).littleEndian
        let forged =
            Array(honest[..<6]) + withUnsafeBytes(of: &count) { Array($0) } + decoy.bytes
            + honest[(8 + original.bytes.count)...]
        await #expect(throws: VerifierError.refused) {
            try await bench.verifier.verify(
                proof: forged,
                from: .remote(clientSignature: ClientSignature.sign(proof: forged, with: client), address: "192.0.2.1")
            )
        }
        #expect(try bench.refusals() == ["proofRejected"])
    }
}
