import Encoding
import Foundation
import Interfaces
import Models
import Sodium
import Statement
import Synchronization
import Testing

@testable import VerifierCore

/// Proofs that wait for a worker are verified together, and each gets its own answer.
@Suite struct VerificationPoolTests {
    fileprivate static let verifierKey = SigningKey()

    private func proof(_ salt: UInt8, isValid: Bool = true) throws -> TestProof {
        let challenge = try Challenge(
            role: .enrol,
            modality: .face,
            assurance: .match,
            audience: "site",
            verifierKey: Self.verifierKey.publicKey.bytes,
            purpose: "login",
            subject: "alice",
            label: "default",
            nonce: [UInt8](repeating: salt, count: 32),
            clientKey: [UInt8](repeating: 0, count: 32),
            template: nil,
            epoch: 0,
            model: [UInt8](repeating: 0, count: 32),
            dimension: 128,
            threshold: 32_768,
            minimumNorm: 32_768,
            samples: 1,
            issuedAt: 1,
            expiresAt: 61
        )
        return try TestProof(
            answering: SignedChallenge(signing: challenge, with: Self.verifierKey).bytes,
            isValid: isValid,
            sensorKey: [UInt8](repeating: salt, count: 32),
            salt: salt
        )
    }

    /// Whose sensor the answer names: every test proof has another.
    private func salt(_ outcome: VerificationPool.Outcome) -> UInt8? { try? outcome.get().attestedBy?.first }

    /// A worker stands still here until it is let go.
    private final class Gate: Sendable {
        private struct State {
            var isOpen = false
            var batches: [Int] = []
        }

        private let state = Mutex(State())

        var batches: [Int] { state.withLock { $0.batches } }

        func open() { state.withLock { $0.isOpen = true } }

        func pass(_ count: Int) {
            state.withLock { $0.batches.append(count) }
            while !state.withLock({ $0.isOpen }) { usleep(1000) }
        }
    }

    /// A pool of one worker behind a gate.
    private struct Bench {
        let gate = Gate()
        let pool: VerificationPool

        init(queueLimit: Int) {
            let gate = gate
            pool = VerificationPool(workers: 1, queueLimit: queueLimit) { proofs in
                gate.pass(proofs.count)
                return TestChecker().check(proofs, verifierKey: VerificationPoolTests.verifierKey.publicKey)
            }
        }

        func until(_ isReached: () -> Bool) async throws {
            while !isReached() { try await Task.sleep(for: .milliseconds(1)) }
        }
    }

    @Test(.timeLimit(.minutes(1)))
    func whatWaitsIsOneBatch() async throws {
        let bench = Bench(queueLimit: 100)
        let proofs = try (1...50).map { try proof(UInt8($0), isValid: $0 != 7 && $0 != 44) }
        let outcomes = try await withThrowingTaskGroup(of: (Int, VerificationPool.Outcome).self) { group in
            group.addTask { (0, try await bench.pool.verify(proofs[0])) }
            try await bench.until { bench.gate.batches.count == 1 }
            for index in 1..<50 { group.addTask { (index, try await bench.pool.verify(proofs[index])) } }
            try await bench.until { bench.pool.waitingCount == 49 }
            bench.gate.open()
            return try await group.reduce(into: [:]) { $0[$1.0] = $1.1 }
        }
        #expect(bench.gate.batches == [1, VerificationPool.batchLimit, 49 - VerificationPool.batchLimit])
        for index in 0..<50 {
            let expected: UInt8? = index == 6 || index == 43 ? nil : UInt8(index + 1)
            #expect(outcomes[index].flatMap(salt) == expected, "\(index)")
        }
        // Its place is free again.
        #expect(try salt(await bench.pool.verify(proofs[2])) == 3)
        #expect(bench.gate.batches.last == 1)
    }

    @Test(.timeLimit(.minutes(1)))
    func oneTooManyIsToldAtOnce() async throws {
        let bench = Bench(queueLimit: 2)
        let proofs = try (1...4).map { try proof(UInt8($0)) }
        try await withThrowingTaskGroup(of: UInt8?.self) { group in
            group.addTask { [self] in salt(try await bench.pool.verify(proofs[0])) }
            try await bench.until { bench.gate.batches.count == 1 }
            for index in 1...2 { group.addTask { [self] in salt(try await bench.pool.verify(proofs[index])) } }
            try await bench.until { bench.pool.waitingCount == 2 }
            await #expect(throws: VerifierError.busy) { try await bench.pool.verify(proofs[3]) }
            bench.gate.open()
            #expect(try await group.reduce(into: Set()) { $0.insert($1) } == [1, 2, 3])
        }
    }

    /// Real proofs of every role and assurance in one batch, one of them altered: that one is named, the others hold.
    @Test func aFalseProofSpoilsNoOther() throws {
        let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../Fixtures/vectors")
        func members(_ file: URL) throws -> [String: JSON] {
            guard case .object(let members) = try JSON(parsing: Array(Data(contentsOf: file))) else { return [:] }
            return members
        }
        let files = try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)
            .filter { $0.pathExtension == "proof" }.sorted { $0.path < $1.path }
        let models = try FileManager.default.contentsOfDirectory(
            at: folder.appending(path: "models"),
            includingPropertiesForKeys: nil
        ).map { try PublishedModel(decoding: Array(Data(contentsOf: $0))) }
        guard
            case .string(let hex)? = try members(files[0].deletingPathExtension().appendingPathExtension("json"))[
                "verifierKey"
            ], let key = Hexadecimal.decode(hex).flatMap({ VerifyingKey($0) })
        else { throw CocoaError(.fileReadCorruptFile) }
        let checker = MatchProofChecker(models: models)
        var envelopes = try files.map { Array(try Data(contentsOf: $0)) }
        #expect(envelopes.count == 17)
        let honest = try envelopes.map(checker.open)
        #expect(checker.check(honest, verifierKey: key).allSatisfy { (try? $0.get()) != nil })
        for victim in [0, 8, 16] {
            // The last scalar of the closing argument: it decodes, and no equation holds.
            envelopes[victim][envelopes[victim].count - 32] ^= 1
            defer { envelopes[victim][envelopes[victim].count - 32] ^= 1 }
            let proofs = try envelopes.map(checker.open)
            let outcomes = checker.check(proofs, verifierKey: key)
            for (index, outcome) in outcomes.enumerated() {
                #expect(((try? outcome.get()) != nil) == (index != victim), "\(victim) \(index)")
                let alone = Result { try proofs[index].check(verifierKey: key) }
                #expect((try? alone.get())?.newTemplate == (try? outcome.get())?.newTemplate)
            }
        }
        #expect(checker.check([], verifierKey: key).isEmpty)
    }
}
