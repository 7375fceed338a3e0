import Dispatch
import Interfaces
import Logging
import ServiceSupport
import Sodium
import Statement
import Synchronization
import Testing

@testable import VerifierCore

@Suite struct ConcurrencyTests {
    private let connection = ConnectionIdentity()
    private var root: Requester { .local(connection: connection, uid: 0) }
    private var submitter: Submitter { .local(connection: connection, uid: 0) }

    /// Another process on the same file, as the administrator's commands are.
    private func secondVerifier(on bench: TestBench) throws -> Verifier {
        Verifier(
            audience: bench.audience,
            policy: bench.policy,
            limits: bench.limits,
            store: try VerifierStore(path: bench.databasePath, audience: bench.audience, keys: bench.keys),
            checker: bench.checker,
            accounts: bench.accounts,
            clock: bench.clock,
            logger: Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() })
        )
    }

    @Test func twoProcessesOnOneDatabaseAcceptAProofOnce() async throws {
        let bench = try TestBench()
        try await bench.enrol("alice")
        let verifiers = [bench.verifier, try secondVerifier(on: bench)]
        let challenge = try await bench.verifier.rotateChallenge(
            subject: "alice",
            modality: "face",
            label: "default",
            kind: "reblind",
            samples: 1,
            for: root
        )
        let proofs = try (0..<4).map { salt in
            try bench.proof(challenge, newTemplate: TestBench.randomCommitment(), salt: UInt8(salt))
        }
        let submitter = submitter
        let receipts = await withTaskGroup(of: Bool.self) { group in
            for (index, proof) in proofs.enumerated() {
                let verifier = verifiers[index % 2]
                group.addTask { (try? await verifier.rotate(proof: proof, from: submitter)) != nil }
            }
            return await group.reduce(0) { $0 + ($1 ? 1 : 0) }
        }
        #expect(receipts == 1)
        for verifier in verifiers {
            #expect(try await verifier.list(subject: "alice", for: root).map(\.epoch) == [1])
        }
    }

    @Test func anAdministratorRevokesAndUnlocksBesideTheService() async throws {
        let bench = try TestBench()
        try await bench.enrol("alice")
        let administration = try secondVerifier(on: bench)
        for _ in 0..<5 { try await bench.fail("alice") }
        try await administration.unlock(subject: "alice")
        let challenge = try await bench.verifier.challenge(subject: "alice", purpose: "login", for: root)
        try await administration.revoke(subject: "alice", modality: "face", label: "default", for: .administrator)
        await #expect(throws: VerifierError.refused) {
            try await bench.verifier.verify(proof: try bench.proof(challenge), from: submitter)
        }
    }

    /// One verification at a time and one waiting: a third is told to come back, and nothing is lost.
    @Test func verificationsAreBounded() async throws {
        let gate = GatedChecker()
        let bench = try TestBench(
            limits: ServiceLimits(
                concurrentVerifications: 1,
                queuedVerifications: 1,
                refusalQuantumMilliseconds: 0
            ),
            checker: gate
        )
        gate.open()
        try await bench.enrol("alice")
        try await bench.enrol("bob")
        try await bench.enrol("root")
        gate.close()
        var proofs: [[UInt8]] = []
        for subject in ["alice", "bob", "root"] {
            let challenge = try await bench.verifier.challenge(subject: subject, purpose: "login", for: root)
            proofs.append(try bench.proof(challenge))
        }
        let (verifier, submitter) = (bench.verifier, submitter)
        let (first, second, third) = (proofs[0], proofs[1], proofs[2])
        async let one = verifier.verify(proof: first, from: submitter)
        while gate.waiting < 1 { try await Task.sleep(for: .milliseconds(5)) }
        async let two = verifier.verify(proof: second, from: submitter)
        while verifier.pool.waitingCount < 1 { try await Task.sleep(for: .milliseconds(5)) }
        await #expect(throws: VerifierError.busy) { try await verifier.verify(proof: third, from: submitter) }
        #expect(gate.waiting == 1)
        gate.open()
        #expect(try await one.subject == "alice")
        #expect(try await two.subject == "bob")
        #expect(try await verifier.verify(proof: third, from: submitter).subject == "root")
    }

    /// The attack: one proof in forty copies at once, each of which would cost a verification.
    @Test func copiesOfAProofAreVerifiedOnce() async throws {
        let gate = GatedChecker()
        let bench = try TestBench(
            limits: ServiceLimits(concurrentVerifications: 64, refusalQuantumMilliseconds: 0),
            checker: gate
        )
        gate.open()
        try await bench.enrol("alice")
        gate.close()
        let stranger = SigningKey()
        let decoy = try bench.proof(try await bench.challenge("alice", from: stranger), isValid: false)
        let challenge = try await bench.verifier.challenge(subject: "alice", purpose: "login", for: root)
        let own = try bench.proof(challenge)
        let (verifier, submitter) = (bench.verifier, submitter)
        for (proof, submitter) in [(own, submitter), (decoy, TestBench.submitter(decoy, stranger))] {
            let results = await withTaskGroup(of: Result<VerifiedLogin, VerifierError>.self) { group in
                for _ in 0..<40 {
                    group.addTask { () async -> Result<VerifiedLogin, VerifierError> in
                        do throws(VerifierError) {
                            return .success(try await verifier.verify(proof: proof, from: submitter))
                        } catch {
                            return .failure(error)
                        }
                    }
                }
                var results: [Result<VerifiedLogin, VerifierError>] = []
                for await result in group {
                    results.append(result)
                    // All but the one that is being verified were answered.
                    if results.count == 39 {
                        for _ in 0..<1000 where gate.waiting == 0 { try? await Task.sleep(for: .milliseconds(5)) }
                        #expect(gate.waiting == 1)
                        gate.open()
                    }
                }
                gate.close()
                return results
            }
            #expect(results.filter { $0 == .failure(.busy) }.count == 39)
            // Afterwards it is refused without a look.
            await #expect(throws: VerifierError.refused) { try await verifier.verify(proof: proof, from: submitter) }
            #expect(gate.waiting == 0)
        }
        #expect(try bench.refusals() == ["consumedChallenge", "proofRejected", "consumedChallenge"])
    }

    /// Who hands in a rotation again because no answer came is never told that it was refused when it was not.
    @Test func aRotationHandedInManyTimesIsNeverRefused() async throws {
        let bench = try TestBench()
        try await bench.enrol("alice")
        let challenge = try await bench.verifier.rotateChallenge(
            subject: "alice",
            modality: "face",
            label: "default",
            kind: "reblind",
            samples: 1,
            for: root
        )
        let proof = try bench.proof(challenge, newTemplate: TestBench.randomCommitment())
        let verifiers = [bench.verifier, try secondVerifier(on: bench)]
        let submitter = submitter
        let (receipts, others) = await withTaskGroup(of: Result<[UInt8], VerifierError>.self) { group in
            for index in 0..<20 {
                let verifier = verifiers[index % 2]
                group.addTask { () async -> Result<[UInt8], VerifierError> in
                    do throws(VerifierError) {
                        return .success(try await verifier.rotate(proof: proof, from: submitter))
                    } catch {
                        return .failure(error)
                    }
                }
            }
            var (receipts, others): (Set<[UInt8]>, Set<String>) = ([], [])
            for await result in group {
                switch result {
                case .success(let receipt): receipts.insert(receipt)
                case .failure(let error): others.insert("\(error)")
                }
            }
            return (receipts, others)
        }
        #expect(receipts.count == 1)
        #expect(others.isSubset(of: ["\(VerifierError.busy)"]))
    }

    /// The log says why and about whom, and holds nothing of challenge or proof.
    @Test func theLogNamesTheReasonAndNoSecret() async throws {
        let bench = try TestBench()
        try await bench.enrol("alice")
        let log = LogRecorder()
        let verifier = Verifier(
            audience: bench.audience,
            origins: [TestBench.origin],
            policy: bench.policy,
            limits: bench.limits,
            store: bench.verifier.store,
            checker: bench.checker,
            accounts: bench.accounts,
            clock: bench.clock,
            logger: Logger(label: "test", factory: { _ in log.handler })
        )
        let slip = "hunter2 is my password"
        let client = SigningKey()
        let challenge = try await verifier.challenge(
            subject: slip,
            purpose: "login",
            for: .remote(clientKey: client.publicKey.bytes, address: "192.0.2.1")
        )
        let proof = try bench.proof(challenge, isValid: false)
        _ = try? await verifier.verify(
            proof: proof,
            from: .remote(clientSignature: ClientSignature.sign(proof: proof, with: client), address: "192.0.2.1")
        )
        let own = try await verifier.challenge(subject: "alice", purpose: "login", for: root)
        _ = try? await verifier.verify(proof: try bench.proof(own, isValid: false), from: submitter)
        let lines = log.lines
        #expect(lines.count == 2)
        #expect(lines.allSatisfy { $0.contains("proofRejected") })
        #expect(lines.last?.contains("alice") == true)
        let nonce = try SignedChallenge(decoding: challenge).challenge.nonce
        for line in lines {
            #expect(!line.contains(slip))
            #expect(!line.contains(Hexadecimal.encode(nonce.prefix(8))))
            #expect(line.count < 400)
        }
    }
}
