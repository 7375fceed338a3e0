import Foundation
import GRDB
import Glibc
import Interfaces
import ServiceSupport
import Sodium
import Statement
import Testing

@testable import VerifierCore

@Suite struct PersistenceTests {
    private let connection = ConnectionIdentity()
    private var root: Requester { .local(connection: connection, uid: 0) }
    private var submitter: Submitter { .local(connection: connection, uid: 0) }

    @Test func aRemoteChallengeSurvivesARestartAndIsStillGoodOnce() async throws {
        let bench = try TestBench()
        let client = SigningKey()
        try await bench.enrol("alice", device: client)
        let challenge = try await bench.verifier.challenge(
            subject: "alice",
            purpose: "login",
            for: .remote(clientKey: client.publicKey.bytes, address: "192.0.2.1")
        )
        let proof = try bench.proof(challenge)
        let submitter = Submitter.remote(
            clientSignature: ClientSignature.sign(proof: proof, with: client),
            address: "192.0.2.1"
        )
        try bench.restart()
        _ = try await bench.verifier.verify(proof: proof, from: submitter)
        try bench.restart()
        await #expect(throws: VerifierError.refused) { try await bench.verifier.verify(proof: proof, from: submitter) }
        #expect(try bench.refusals() == ["consumedChallenge"])
    }

    @Test func theSchemaAndTheFileAreWhatTheyShouldBe() throws {
        let bench = try TestBench()
        var status = stat()
        #expect(lstat(bench.databasePath, &status) == 0)
        #expect(status.st_mode & 0o7777 == 0o600)
        for suffix in ["-wal", "-shm"] {
            #expect(lstat(bench.databasePath + suffix, &status) == 0)
            #expect(status.st_mode & 0o7777 == 0o600)
        }
        let migrator = SchemaMigrations.migrator(seal: bench.keys.rowSeal)
        #expect(try bench.verifier.store.pool.read { try migrator.appliedMigrations($0) } == ["v1", "v2", "v3"])
        // What a peer was told survives a power failure.
        let (mode, synchronous) = try bench.verifier.store.pool.writeWithoutTransaction {
            (
                try String.fetchOne($0, sql: "PRAGMA journal_mode"),
                try Int.fetchOne($0, sql: "PRAGMA synchronous")
            )
        }
        #expect(mode == "wal" && synchronous == 2)
        #expect(throws: StoreError.self) {
            try VerifierStore.create(path: bench.databasePath, audience: bench.audience, keys: bench.keys)
        }
    }

    @Test func aDatabaseBelongsToOneKeyAndOneAudience() throws {
        let bench = try TestBench()
        let others = try #require(VerifierKeys(seed: SecretBytes.random(count: 32)))
        #expect(throws: StoreError.foreignIdentity) {
            try VerifierStore(path: bench.databasePath, audience: bench.audience, keys: others)
        }
        #expect(throws: StoreError.foreignIdentity) {
            try VerifierStore(path: bench.databasePath, audience: "other.test", keys: bench.keys)
        }
    }

    @Test func aDatabaseThatOthersCouldReadIsNotUsed() throws {
        let bench = try TestBench()
        chmod(bench.databasePath, 0o640)
        #expect(throws: StoreError.insecure(path: bench.databasePath, reason: "its permissions let others in")) {
            try VerifierStore(path: bench.databasePath, audience: bench.audience, keys: bench.keys)
        }
        let link = bench.directory.file("link.sqlite")
        symlink(bench.databasePath, link)
        #expect(throws: StoreError.insecure(path: link, reason: "not a regular file")) {
            try VerifierStore(path: link, audience: bench.audience, keys: bench.keys)
        }
        #expect(throws: StoreError.self) {
            try VerifierStore(path: bench.directory.file("none"), audience: bench.audience, keys: bench.keys)
        }
    }

    @Test func aNewerSchemaIsNotTouched() throws {
        let bench = try TestBench()
        try bench.verifier.store.pool.write {
            try $0.execute(sql: "INSERT INTO grdb_migrations (identifier) VALUES ('v999')")
        }
        #expect(throws: StoreError.newerSchema) { try bench.restart() }
    }

    /// One flipped bit in every column of a record: noticed when the row is read, by table and row.
    @Test func aFlippedBitInARowIsNoticed() async throws {
        let bench = try TestBench()
        let commitment = try await bench.enrol("alice")
        try await bench.enrol("bob")
        try bench.verifier.store.close()
        let pristine = try DatabaseBytes.read(bench.databasePath)
        let offset = try #require(pristine.offset(of: commitment.bytes))
        let model = try #require(TestBench.model).identity
        for (place, bit) in [(offset, 0), (offset + 31, 7), (try #require(pristine.offset(of: model)) + 5, 3)] {
            var damaged = pristine.bytes
            damaged[place] ^= 1 << bit
            try Data(damaged).write(to: URL(filePath: bench.databasePath))
            chmod(bench.databasePath, 0o600)
            let store = try VerifierStore(path: bench.databasePath, audience: bench.audience, keys: bench.keys)
            let found = try await store.damagedRows()
            #expect(!found.isEmpty)
            for error in found {
                guard case .corruptRow(let table, _) = error else {
                    Issue.record("\(error)")
                    continue
                }
                #expect(["enrolment", "commitmentSeen"].contains(table))
            }
            try store.close()
        }
        // In the row of alice: her logins fail with a storage error, bob's do not.
        try Data(pristine.bytes).write(to: URL(filePath: bench.databasePath))
        chmod(bench.databasePath, 0o600)
        try bench.restart()
        try await bench.verifier.store.pool.write {
            try $0.execute(sql: "UPDATE enrolment SET threshold = threshold - 1 WHERE subject = 'alice'")
        }
        await #expect(throws: VerifierError.storageFailure) {
            try await bench.verifier.challenge(subject: "alice", purpose: "login", for: root)
        }
        try await bench.login("bob")
        #expect(try await bench.verifier.store.damagedRows() == [.corruptRow(table: "enrolment", id: 1)])
    }

    @Test func aRowPutInAnothersPlaceIsNoticed() async throws {
        let bench = try TestBench()
        try await bench.enrol("alice")
        try await bench.enrol("bob")
        // bob's commitment and seal under alice's name
        try await bench.verifier.store.pool.write {
            try $0.execute(
                sql: """
                    UPDATE enrolment SET commitment = (SELECT commitment FROM enrolment WHERE subject = 'bob'),
                    seal = (SELECT seal FROM enrolment WHERE subject = 'bob') WHERE subject = 'alice'
                    """
            )
        }
        await #expect(throws: VerifierError.storageFailure) {
            try await bench.verifier.challenge(subject: "alice", purpose: "login", for: root)
        }
    }

    @Test func editedCountersAreNoticed() async throws {
        let bench = try TestBench()
        try await bench.enrol("alice")
        try await bench.fail("alice")
        try await bench.verifier.store.pool.write {
            try $0.execute(sql: "UPDATE attempt SET failures = 0")
        }
        await #expect(throws: VerifierError.storageFailure) {
            try await bench.verifier.challenge(subject: "alice", purpose: "login", for: root)
        }
    }

    /// A value that is not of its column's type ends no process.
    @Test(arguments: [
        "UPDATE identity SET lastSeenTime = 'late'", "UPDATE identity SET clockGeneration = X'00'",
        "UPDATE audit SET lastTime = 'late'", "UPDATE auditChain SET rows = 'many'",
        "UPDATE enrolment SET threshold = 'low', label = X'ff', device = X''",
    ])
    func aValueOfAnotherTypeIsDamage(statement: String) async throws {
        let bench = try TestBench()
        try await bench.enrol("alice")
        try await bench.verifier.store.pool.write { try $0.execute(sql: statement) }
        try bench.restart()
        if statement.contains("audit") {
            try await bench.login("alice")
        } else {
            await #expect(throws: VerifierError.storageFailure) { try await bench.login("alice") }
        }
        if !statement.contains("identity") { #expect(try await !bench.verifier.store.damagedRows().isEmpty) }
    }

    @Test func aDamagedFileIsNamedAsSuch() async throws {
        let bench = try TestBench()
        for index in 0..<50 { try await bench.enrol("subject \(index)") }
        try bench.verifier.store.close()
        let pristine = try DatabaseBytes.read(bench.databasePath).bytes
        func open(_ bytes: [UInt8]) throws {
            try Data(bytes).write(to: URL(filePath: bench.databasePath))
            chmod(bench.databasePath, 0o600)
            try VerifierStore(path: bench.databasePath, audience: bench.audience, keys: bench.keys).close()
        }
        var header = pristine
        header[3] ^= 1
        #expect(throws: StoreError.corruptFile) { try open(header) }
        #expect(throws: StoreError.self) { try open(Array(pristine.prefix(pristine.count / 2))) }
        var pages = pristine
        for index in 4096..<pages.count where index % 4096 < 16 { pages[index] = 0xff }
        #expect(throws: StoreError.self) { try open(pages) }
        try open(pristine)
    }

    /// One bad page: the administrator is told in which table it is.
    @Test(arguments: ["audit", "enrolment", "receipt"])
    func aDamagedPageIsNamedByItsTable(table: String) async throws {
        let bench = try TestBench()
        try await bench.enrol("alice")
        let page = try await bench.verifier.store.pool.read {
            try Int.fetchOne($0, sql: "SELECT rootpage FROM sqlite_master WHERE name = ?", arguments: [table])
        }
        try bench.verifier.store.close()
        var bytes = try DatabaseBytes.read(bench.databasePath).bytes
        let start = (try #require(page) - 1) * 4096
        for index in start..<start + 16 { bytes[index] = 0xff }
        try Data(bytes).write(to: URL(filePath: bench.databasePath))
        do throws(StoreError) {
            _ = try VerifierStore(path: bench.databasePath, audience: bench.audience, keys: bench.keys)
            Issue.record("opened")
        } catch {
            guard case .damagedTables([table], _) = error else {
                Issue.record("\(error)")
                return
            }
            let words = ["audit": "the audit trail", "enrolment": "the enrolments", "receipt": "the receipts"]
            #expect("\(error)".hasPrefix("the database is damaged: \(words[table] ?? "?") cannot be read"))
        }
    }

    @Test func theDatabaseGrowsNoFurtherThanItMay() async throws {
        let bench = try TestBench(maximumBytes: 60 * 4096)
        var outcome: VerifierError?
        for index in 0..<500 where outcome == nil {
            do {
                _ = try await bench.verifier.makeEnrolmentToken(subject: "subject \(index)", lifetime: 600)
            } catch {
                outcome = error
            }
        }
        #expect(outcome == .storageFailure)
        #expect(try DatabaseBytes.read(bench.databasePath).bytes.count <= 60 * 4096)
        #expect(try await bench.verifier.store.damagedRows().isEmpty)
    }

    /// With no space left nothing is half done: the peer gets an error, the record is as before, and when there is
    /// space again the same proof goes through.
    @Test func aFullDiskChangesNothing() async throws {
        let bench = try TestBench()
        try await bench.enrol("alice")
        var failures = 0
        for round in 0..<40 where failures == 0 {
            let rotation = try await bench.verifier.rotateChallenge(
                subject: "alice",
                modality: "face",
                label: "default",
                kind: "reblind",
                samples: 1,
                for: root
            )
            let proof = try bench.proof(rotation, newTemplate: TestBench.randomCommitment())
            // No page more than there are now.
            try await bench.verifier.store.pool.writeWithoutTransaction {
                try $0.execute(sql: "VACUUM; PRAGMA max_page_count = 1")
            }
            var error: VerifierError?
            do {
                _ = try await bench.verifier.rotate(proof: proof, from: submitter)
            } catch let failure {
                error = failure
            }
            try await bench.verifier.store.pool.writeWithoutTransaction {
                try $0.execute(sql: "PRAGMA max_page_count = 100000")
            }
            guard let error else { continue }
            failures += 1
            #expect(error == .storageFailure)
            #expect(try await bench.verifier.list(subject: "alice", for: root).map(\.epoch) == [UInt64(round)])
            let receipt = try await bench.verifier.rotate(proof: proof, from: submitter)
            #expect(try SignedReceipt(decoding: receipt).receipt.epoch == UInt64(round) + 1)
        }
        #expect(failures == 1)
        #expect(try await bench.verifier.store.damagedRows().isEmpty)
        try await bench.login("alice")
    }

    @Test func theKeyFileIsPrivateAndNeverReplaced() throws {
        let directory = try TemporaryDirectory()
        let path = directory.file("signing.key")
        let keys = try VerifierKeys.create(at: path)
        var status = stat()
        #expect(lstat(path, &status) == 0)
        #expect(status.st_mode & 0o7777 == 0o600)
        #expect(status.st_size == 32)
        #expect(try VerifierKeys.load(path: path).signing.publicKey == keys.signing.publicKey)
        #expect(keys.signing.publicKey != keys.tokens.publicKey)
        #expect(throws: FileError.alreadyExists(path: path)) { try VerifierKeys.create(at: path) }
        chmod(path, 0o604)
        #expect(throws: FileError.tooOpen(path: path, mode: 0o604)) { try VerifierKeys.load(path: path) }
        chmod(path, 0o400)
        _ = try VerifierKeys.load(path: path)
        let link = directory.file("link")
        symlink(path, link)
        #expect(throws: FileError.wrongKind(path: link)) { try VerifierKeys.load(path: link) }
        let dangling = directory.file("dangling")
        symlink(directory.file("nowhere"), dangling)
        #expect(throws: FileError.alreadyExists(path: dangling)) { try VerifierKeys.create(at: dangling) }
        for count in [0, 31, 33] {
            let other = directory.file("key\(count)")
            try Data(count: count).write(to: URL(filePath: other))
            chmod(other, 0o600)
            #expect(throws: FileError.self) { try VerifierKeys.load(path: other) }
        }
    }

    @Test func theSystemsClocksAreRead() throws {
        let reading = try #require(SystemClock().read())
        #expect(abs(Double(reading.unixSeconds) - Date().timeIntervalSince1970) < 5)
        #expect(reading.bootMilliseconds > 0)
        #expect(reading.bootIdentity.count == 16)
        #expect(reading.bootIdentity == SystemClock().read()?.bootIdentity)
    }

    @Test func theSystemsAccountsAreRead() {
        let accounts = Accounts.system
        #expect(accounts.uid("root") == 0)
        #expect(accounts.name(0) == "root")
        #expect(accounts.uid("no such account") == nil)
        #expect(accounts.uid("") == nil)
        #expect(accounts.uid("root\0x") == nil)
        #expect(accounts.name(4_000_000_000) == nil)
    }
}
