import Commitments
import Foundation
import GRDB
import Ristretto255
import ServiceSupport
import Sodium
import Statement
import Synchronization
import Testing

@testable import Vault

/// A clock that a test sets.
final class TestClock: HostClock {
    struct Hands {
        /// In seconds.
        var wall: UInt64 = 1_800_000_000
        var boot: UInt64 = 1000
        /// Without a name, as vaults before version 4 kept no boot's.
        var name: [UInt8] = []
    }

    private let hands = Mutex(Hands())

    func read() -> ClockReading? {
        hands.withLock {
            ClockReading(unixSeconds: $0.wall, bootMilliseconds: $0.boot * 1000, bootIdentity: $0.name)
        }
    }

    func change(_ body: @Sendable (inout Hands) -> Void) {
        hands.withLock { body(&$0) }
    }

    func pass(_ seconds: UInt64) {
        change {
            $0.wall += seconds
            $0.boot += seconds
        }
    }
}

/// A vault in a directory of its own.
struct Bench {
    let directory: String
    let key = SecretBytes(copying: [UInt8](0..<32))
    let clock = TestClock()

    static func run(_ body: (Bench) throws -> Void) throws {
        let parent = NSTemporaryDirectory() + "semblance-vault-" + UUID().uuidString.prefix(8)
        try FileManager.default.createDirectory(
            atPath: parent,
            withIntermediateDirectories: false,
            attributes: [.posixPermissions: 0o700]
        )
        defer { try? FileManager.default.removeItem(atPath: parent) }
        try body(Bench(directory: parent + "/vault"))
    }

    var path: String { directory + "/vault.sqlite" }

    func open(maximumPages: Int? = nil) throws -> Vault {
        try Vault(directory: directory, key: key, clock: clock, maximumPages: maximumPages)
    }

    /// Makes the file one that version 3 wrote: attempts with seconds since a boot that has no name.
    func becomeVersionThree() throws {
        try tamper("ALTER TABLE attempts DROP COLUMN bootIdentity")
        try tamper("ALTER TABLE attempts RENAME COLUMN bootMilliseconds TO boot")
        try tamper("UPDATE attempts SET boot = boot / 1000")
        try tamper("PRAGMA user_version = 3")
    }

    /// Makes the file one that version 2 wrote: without origins, and with seals that say nothing of them.
    func becomeVersionTwo() throws {
        let vault = try open()
        let queue = try DatabaseQueue(path: path)
        for enrolment in try vault.enrolments() {
            for template in enrolment.pending.map(\.template) + [enrolment.current].compactMap({ $0 }) {
                let sealed = AEAD.seal(
                    try vault.opening(enrolment.key, of: template).encode(),
                    key: key,
                    additionalData: versionOneData(enrolment, template)
                )
                try queue.write {
                    try $0.execute(
                        sql: "UPDATE opening SET sealed = ? WHERE commitment = ?",
                        arguments: [Data(sealed), Data(template.commitment.bytes)]
                    )
                }
            }
        }
        try tamper("ALTER TABLE enrolment DROP COLUMN origin")
        try becomeVersionThree()
        try tamper("PRAGMA user_version = 2")
    }

    /// The additional data as version 2 of the program wrote it, by hand.
    private func versionOneData(_ enrolment: Enrolment, _ template: Enrolment.Template) -> [UInt8] {
        var data = Array("semblance opening v1".utf8)
        func append(_ bytes: some Collection<UInt8>) {
            withUnsafeBytes(of: UInt32(bytes.count).littleEndian) { data.append(contentsOf: $0) }
            data.append(contentsOf: bytes)
        }
        func append(_ integer: UInt64) {
            withUnsafeBytes(of: integer.littleEndian) { data.append(contentsOf: $0) }
        }
        let policy = enrolment.policy(of: template)
        append(enrolment.key.subject.utf8)
        append(enrolment.key.audience.utf8)
        append(UInt64(enrolment.key.modality.rawValue))
        append(enrolment.key.label.utf8)
        append(template.epoch)
        append(template.commitment.bytes)
        append(UInt64(enrolment.uid))
        append(policy.verifierKey)
        append(policy.model)
        append(UInt64(policy.dimension))
        append(UInt64(policy.threshold))
        append(UInt64(policy.minimumNorm))
        append(UInt64(policy.assurance.rawValue))
        return data
    }

    /// Runs SQL on the database file, as an attacker with the vault's directory would.
    func tamper(_ sql: String) throws {
        try DatabaseQueue(path: path).writeWithoutTransaction { try $0.execute(sql: sql) }
    }
}

let alice = EnrolmentKey(subject: "alice", audience: "host", modality: .face, label: "default")
let here = Origin("https://login.example.org")!
let policy = PinnedPolicy(
    verifierKey: [UInt8](repeating: 1, count: 32),
    model: [UInt8](repeating: 2, count: 32),
    dimension: 128,
    threshold: 30000,
    minimumNorm: 2000,
    assurance: .match
)

func opening(_ seed: Int) throws -> TemplateOpening {
    let values = (0..<128).map { Int16(($0 * 37 + seed * 11) % 255 - 127) }
    return try TemplateOpening(decoding: EmbeddingOpening(committing: values).encode())
}

func template(_ opening: TemplateOpening, _ epoch: UInt64) -> Enrolment.Template {
    .init(commitment: opening.commitment, epoch: epoch)
}

@Suite("whether a key opens a vault")
struct KeyCheckTests {
    @Test("the right one does, every other does not; where there is no vault, that is said")
    func keys() throws {
        try Bench.run { bench in
            #expect(try Vault.isOpened(by: bench.key, in: bench.directory) == nil)
            let vault = try bench.open()
            // Beside a daemon that has it open.
            #expect(try Vault.isOpened(by: bench.key, in: bench.directory) == true)
            #expect(try Vault.isOpened(by: SecretBytes.random(count: 32), in: bench.directory) == false)
            #expect(try Vault.isOpened(by: SecretBytes(copying: [UInt8](0..<31)), in: bench.directory) == false)
            #expect(try vault.enrolments().isEmpty)
        }
    }

    @Test("a file of another program is said to be one")
    func foreign() throws {
        try Bench.run { bench in
            _ = try bench.open()
            try bench.tamper("PRAGMA application_id = 7")
            #expect(throws: VaultError.foreignDatabase) { try Vault.isOpened(by: bench.key, in: bench.directory) }
        }
    }
}

@Suite("enrolments")
struct EnrolmentTests {
    @Test("pending, active, rotated, revoked; everything survives closing and opening")
    func life() throws {
        try Bench.run { bench in
            let first = try opening(1)
            var vault = try bench.open()
            #expect(try vault.enrolments().isEmpty)
            try vault.addPending(alice, uid: 1000, origin: here, policy: policy, opening: first)
            #expect(try vault.enrolment(alice)?.state == .pending)
            #expect(try vault.enrolment(alice)?.pending.map(\.template) == [template(first, 0)])
            #expect(throws: VaultError.notEnrolled) { try vault.opening(alice) }

            vault = try bench.open()
            #expect(throws: VaultError.noPendingTemplate) { try vault.commit(alice, template(first, 1)) }
            #expect(throws: VaultError.noPendingTemplate) { try vault.commit(alice, template(try opening(9), 0)) }
            try vault.commit(alice, template(first, 0))
            var enrolment = try #require(try vault.enrolment(alice))
            #expect(enrolment.state == .active)
            #expect(enrolment.uid == 1000 && enrolment.policy == policy && enrolment.created == 1_800_000_000)
            #expect(enrolment.current == template(first, 0) && enrolment.pending.isEmpty)
            #expect(throws: VaultError.alreadyEnrolled) {
                try vault.addPending(alice, uid: 1000, origin: here, policy: policy, opening: first)
            }

            let second = try opening(2)
            try vault.addPending(alice, after: template(first, 0), opening: second, isRefresh: true)
            vault = try bench.open()
            enrolment = try #require(try vault.enrolment(alice))
            #expect(
                enrolment.current == template(first, 0) && enrolment.pending.map(\.template) == [template(second, 1)]
            )
            #expect(try vault.opening(alice).values == first.values)
            #expect(try vault.opening(alice, of: template(second, 1)).encode() == second.encode())
            try vault.commit(alice, template(second, 1))
            enrolment = try #require(try vault.enrolment(alice))
            #expect(enrolment.current == template(second, 1) && enrolment.pending.isEmpty && enrolment.refreshes == 1)
            #expect(try vault.opening(alice).encode() == second.encode())

            #expect(try vault.enrolments(of: 1000).count == 1)
            #expect(try vault.enrolments(of: 1001).isEmpty)
            try vault.revoke(alice)
            #expect(try vault.enrolments().isEmpty)
            #expect(throws: VaultError.notEnrolled) { try vault.revoke(alice) }
            #expect(throws: VaultError.notEnrolled) { try vault.opening(alice) }
        }
    }

    /// A caller who gave up waiting asks for another rotation while the verifier still judges the first.
    @Test("whichever of several waiting templates the verifier accepts can be put in force; the rest are destroyed")
    func severalWait() throws {
        try Bench.run { bench in
            let vault = try bench.open()
            let first = try opening(1)
            try vault.addPending(alice, uid: 1000, origin: here, policy: policy, opening: first)
            try vault.commit(alice, template(first, 0))
            let made = try (2...7).map { try opening($0) }
            for opening in made {
                try vault.addPending(alice, after: template(first, 0), opening: opening, isRefresh: false)
            }
            let waiting = try #require(try vault.enrolment(alice)?.pending.map(\.template))
            #expect(waiting == made.suffix(Vault.maximumPending).reversed().map { template($0, 1) })
            #expect(throws: VaultError.noPendingTemplate) { try vault.commit(alice, template(made[0], 1)) }
            try vault.commit(alice, template(made[3], 1))
            let enrolment = try #require(try vault.enrolment(alice))
            #expect(enrolment.current == template(made[3], 1) && enrolment.pending.isEmpty)
            #expect(try vault.opening(alice).encode() == made[3].encode())
            // One that was proved against the old template comes too late.
            #expect(throws: VaultError.busy) {
                try vault.addPending(alice, after: template(first, 0), opening: try opening(8), isRefresh: false)
            }
        }
    }

    @Test("an upgrade pins the new bounds when it is committed, and not before")
    func upgrade() throws {
        try Bench.run { bench in
            let first = try opening(1)
            let second = try opening(2)
            let new = PinnedPolicy(
                verifierKey: policy.verifierKey,
                model: [UInt8](repeating: 0x6e, count: 32),
                dimension: policy.dimension,
                threshold: policy.threshold + 5,
                minimumNorm: policy.minimumNorm + 7,
                assurance: policy.assurance
            )
            var vault = try bench.open()
            try vault.addPending(alice, uid: 1000, origin: here, policy: policy, opening: first)
            try vault.commit(alice, template(first, 0))
            try vault.addPending(alice, after: template(first, 0), opening: second, isRefresh: true, policy: new)
            vault = try bench.open()
            var enrolment = try #require(try vault.enrolment(alice))
            #expect(enrolment.policy == policy && enrolment.pending.map(\.policy) == [new])
            #expect(enrolment.policy(of: enrolment.current) == policy)
            #expect(enrolment.policy(of: template(second, 1)) == new)
            #expect(try vault.opening(alice).encode() == first.encode())
            #expect(try vault.opening(alice, of: template(second, 1)).encode() == second.encode())
            // A rotation in its place pins nothing new.
            try vault.addPending(alice, after: template(first, 0), opening: second, isRefresh: false)
            #expect(try vault.enrolment(alice)?.pending.map(\.policy) == [policy])
            try vault.addPending(alice, after: template(first, 0), opening: second, isRefresh: true, policy: new)
            try vault.commit(alice, template(second, 1))
            vault = try bench.open()
            enrolment = try #require(try vault.enrolment(alice))
            #expect(enrolment.policy == new && enrolment.pending.isEmpty && enrolment.refreshes == 1)
            #expect(try vault.opening(alice).encode() == second.encode())
        }
    }

    @Test("a vault of version 1 is read, and serves an upgrade")
    func versionOne() throws {
        try Bench.run { bench in
            let first = try opening(1)
            var vault = try bench.open()
            try vault.addPending(alice, uid: 1000, origin: here, policy: policy, opening: first)
            try vault.commit(alice, template(first, 0))
            try bench.becomeVersionTwo()
            try bench.tamper("DROP INDEX oneCurrentOpening")
            for column in ["model", "dimension", "threshold", "minimumNorm"] {
                try bench.tamper("ALTER TABLE opening DROP COLUMN \(column)")
            }
            try bench.tamper("PRAGMA user_version = 1")
            vault = try bench.open()
            #expect(try vault.opening(alice).encode() == first.encode())
            try vault.addPending(
                alice,
                after: template(first, 0),
                opening: try opening(2),
                isRefresh: true,
                policy: policy
            )
            #expect(try vault.enrolment(alice)?.pending.map(\.policy) == [policy])
        }
    }

    @Test("an enrolment that still waits is replaced; labels, modalities, audiences and subjects are apart")
    func separation() throws {
        try Bench.run { bench in
            let vault = try bench.open()
            let second = try opening(2)
            try vault.addPending(alice, uid: 1000, origin: here, policy: policy, opening: try opening(1))
            try vault.addPending(alice, uid: 1000, origin: here, policy: policy, opening: second)
            #expect(try vault.enrolments().count == 1)
            #expect(try vault.enrolment(alice)?.pending.map(\.template) == [template(second, 0)])
            for other in [
                EnrolmentKey(subject: "bob", audience: "host", modality: .face, label: "default"),
                EnrolmentKey(subject: "alice", audience: "site", modality: .face, label: "default"),
                EnrolmentKey(subject: "alice", audience: "host", modality: .fingerprint, label: "default"),
                EnrolmentKey(subject: "alice", audience: "host", modality: .face, label: "other"),
            ] {
                #expect(try vault.enrolment(other) == nil)
                try vault.addPending(other, uid: 1000, origin: here, policy: policy, opening: try opening(3))
            }
            #expect(try vault.enrolments().count == 5)
        }
    }

    @Test("a template is refreshed at most ten times; re-blinding is not counted")
    func refreshLimit() throws {
        try Bench.run { bench in
            let vault = try bench.open()
            var current = try opening(0)
            try vault.addPending(alice, uid: 1000, origin: here, policy: policy, opening: current)
            try vault.commit(alice, template(current, 0))
            for round in 1...12 {
                let old = template(current, UInt64(round - 1))
                current = try opening(round)
                try vault.addPending(alice, after: old, opening: current, isRefresh: round > 2)
                try vault.commit(alice, template(current, UInt64(round)))
            }
            let last = template(current, 12)
            #expect(try vault.enrolment(alice)?.refreshes == Vault.maximumRefreshes)
            #expect(throws: VaultError.refreshLimit) {
                try vault.addPending(alice, after: last, opening: try opening(20), isRefresh: true)
            }
            try vault.addPending(alice, after: last, opening: try opening(20), isRefresh: false)
        }
    }

    @Test("a rotation needs an active enrolment")
    func rotationOfNothing() throws {
        try Bench.run { bench in
            let vault = try bench.open()
            #expect(throws: VaultError.notEnrolled) {
                try vault.addPending(
                    alice,
                    after: template(try opening(1), 0),
                    opening: try opening(1),
                    isRefresh: false
                )
            }
            try vault.addPending(alice, uid: 1000, origin: here, policy: policy, opening: try opening(1))
            #expect(throws: VaultError.notEnrolled) {
                try vault.addPending(
                    alice,
                    after: template(try opening(1), 0),
                    opening: try opening(1),
                    isRefresh: false
                )
            }
        }
    }
}

@Suite("attempts")
struct AttemptTests {
    private func refusal(_ vault: Vault, _ subject: String = "alice", _ modality: Modality = .face) -> VaultError? {
        do {
            try vault.beginAttempt(subject, modality)
            return nil
        } catch {
            return error
        }
    }

    @Test("five are free, then one each thirty seconds, none after fifty; a success starts again")
    func limits() throws {
        try Bench.run { bench in
            let vault = try bench.open()
            for _ in 0..<5 { #expect(refusal(vault) == nil) }
            #expect(refusal(vault) == .lockedOut(retryAfterSeconds: 30))
            bench.clock.pass(29)
            #expect(refusal(vault) == .lockedOut(retryAfterSeconds: 1))
            #expect(throws: VaultError.lockedOut(retryAfterSeconds: 1)) { try vault.checkAttempt("alice", .face) }
            // Others are not concerned.
            #expect(refusal(vault, "bob") == nil)
            #expect(refusal(vault, "alice", .fingerprint) == nil)
            bench.clock.pass(1)
            try vault.checkAttempt("alice", .face)
            #expect(refusal(vault) == nil)
            #expect(refusal(vault) == .lockedOut(retryAfterSeconds: 30))
            for _ in 6..<50 {
                bench.clock.pass(30)
                #expect(refusal(vault) == nil)
            }
            bench.clock.pass(1_000_000)
            #expect(refusal(vault) == .lockedOut(retryAfterSeconds: nil))
            try vault.clearAttempts("alice", .face)
            for _ in 0..<5 { #expect(refusal(vault) == nil) }
            #expect(refusal(vault) == .lockedOut(retryAfterSeconds: 30))
        }
    }

    @Test("a success forgives all failures, or only its own try where it says nothing about who failed")
    func forgiving() throws {
        try Bench.run { bench in
            let vault = try bench.open()
            #expect(try vault.beginAttempt("alice", .face) == nil)
            bench.clock.pass(7)
            let last = try #require(try vault.beginAttempt("alice", .face))
            bench.clock.pass(5)
            #expect(try vault.beginAttempt("alice", .face) == last + 7)
            try vault.forgive("alice", .face, all: false)
            for _ in 2..<5 { #expect(refusal(vault) == nil) }
            #expect(refusal(vault) == .lockedOut(retryAfterSeconds: 30))
            try vault.forgive("alice", .face, all: true)
            #expect(try vault.beginAttempt("alice", .face) == nil)
        }
    }

    @Test("looking does not count")
    func looking() throws {
        try Bench.run { bench in
            let vault = try bench.open()
            for _ in 0..<60 { try vault.checkAttempt("alice", .face) }
        }
    }

    @Test("counters survive a restart of the program")
    func restart() throws {
        try Bench.run { bench in
            for _ in 0..<5 {
                let vault = try bench.open()
                #expect(refusal(vault) == nil)
            }
            let vault = try bench.open()
            #expect(refusal(vault) == .lockedOut(retryAfterSeconds: 30))
        }
    }

    @Test("setting the clock forward does not shorten the wait")
    func clockForward() throws {
        try Bench.run { bench in
            let vault = try bench.open()
            for _ in 0..<5 { #expect(refusal(vault) == nil) }
            bench.clock.change { $0.wall += 1_000_000 }
            #expect(refusal(vault) == .lockedOut(retryAfterSeconds: 30))
        }
    }

    @Test("setting the clock back starts the wait again, and does not lock for ever", arguments: [true, false])
    func clockBack(_ looksFirst: Bool) throws {
        try Bench.run { bench in
            let vault = try bench.open()
            for _ in 0..<5 { #expect(refusal(vault) == nil) }
            bench.clock.pass(20)
            bench.clock.change { $0.wall -= 1_000_000 }
            if looksFirst {
                #expect(throws: VaultError.lockedOut(retryAfterSeconds: 30)) { try vault.checkAttempt("alice", .face) }
            }
            #expect(refusal(vault) == .lockedOut(retryAfterSeconds: 30))
            bench.clock.pass(29)
            #expect(refusal(vault) == .lockedOut(retryAfterSeconds: 1))
            bench.clock.pass(1)
            #expect(refusal(vault) == nil)
        }
    }

    @Test("after a reboot only the time since that boot counts")
    func reboot() throws {
        try Bench.run { bench in
            let vault = try bench.open()
            for _ in 0..<5 { #expect(refusal(vault) == nil) }
            bench.clock.change {
                $0.wall += 1000
                $0.boot = 12
            }
            #expect(refusal(vault) == .lockedOut(retryAfterSeconds: 18))
            bench.clock.pass(18)
            #expect(refusal(vault) == nil)
        }
    }

    @Test("a longer uptime after a reboot never counts for more than has passed")
    func longerUptime() {
        func reading(_ wall: UInt64, _ boot: UInt64) -> ClockReading {
            ClockReading(unixSeconds: wall, bootMilliseconds: boot * 1000, bootIdentity: [])
        }
        let last = reading(100, 1000)
        let limiter = AttemptLimiter()
        for boot: UInt64 in 0..<2000 {
            // Whichever boot this is, at least this long has passed; the wall clock was set far ahead.
            let certain = boot >= 1000 ? boot - 1000 : boot
            let decision = limiter.decide(failures: 5, last: last, now: reading(1_000_000, boot))
            #expect(decision == (certain >= 30 ? .allowed : .wait(seconds: Int(30 - certain))))
        }
        #expect(limiter.mustRestart(failures: 5, last: last, now: reading(.min, 5000)))
        #expect(limiter.decide(failures: 5, last: last, now: reading(.min, 5000)) == .wait(seconds: 30))
        #expect(!limiter.mustRestart(failures: 4, last: last, now: reading(.min, 5000)))
        #expect(!limiter.mustRestart(failures: 50, last: last, now: reading(.min, 5000)))
        #expect(!limiter.mustRestart(failures: 5, last: last, now: reading(.max, 0)))
        #expect(limiter.decide(failures: 5, last: last, now: reading(.max, 0)) == .wait(seconds: 30))
    }

    @Test("within a boot that has a name its clock alone counts, whatever is done to the wall clock")
    func namedBoot() throws {
        try Bench.run { bench in
            bench.clock.change { $0.name = [UInt8](repeating: 1, count: 16) }
            let vault = try bench.open()
            for _ in 0..<5 { #expect(refusal(vault) == nil) }
            bench.clock.pass(20)
            bench.clock.change { $0.wall -= 1_000_000 }
            #expect(refusal(vault) == .lockedOut(retryAfterSeconds: 10))
            bench.clock.change { $0.wall += 2_000_000 }
            #expect(refusal(vault) == .lockedOut(retryAfterSeconds: 10))
            bench.clock.pass(10)
            #expect(refusal(vault) == nil)
        }
    }

    @Test("another boot is known by its name, however long it is up; the names outlast the program")
    func renamedBoot() throws {
        try Bench.run { bench in
            bench.clock.change { $0.name = [UInt8](repeating: 1, count: 16) }
            for _ in 0..<5 {
                let vault = try bench.open()
                #expect(refusal(vault) == nil)
            }
            bench.clock.change {
                $0.name = [UInt8](repeating: 2, count: 16)
                $0.wall += 20
                $0.boot += 5000
            }
            var vault = try bench.open()
            #expect(refusal(vault) == .lockedOut(retryAfterSeconds: 10))
            bench.clock.change { $0.wall -= 1_000_000 }
            vault = try bench.open()
            #expect(refusal(vault) == .lockedOut(retryAfterSeconds: 30))
            bench.clock.pass(30)
            vault = try bench.open()
            #expect(refusal(vault) == nil)
        }
    }

    @Test("the counters of a vault of version 3 are read: seconds, and a boot without a name")
    func versionThree() throws {
        try Bench.run { bench in
            for _ in 0..<5 { #expect(try refusal(bench.open()) == nil) }
            try bench.becomeVersionThree()
            bench.clock.change { $0.name = [UInt8](repeating: 1, count: 16) }
            bench.clock.pass(12)
            bench.clock.change { $0.wall += 1_000_000 }
            let vault = try bench.open()
            #expect(refusal(vault) == .lockedOut(retryAfterSeconds: 18))
            bench.clock.pass(18)
            #expect(refusal(vault) == nil)
            #expect(refusal(vault) == .lockedOut(retryAfterSeconds: 30))
        }
    }

    @Test("without a clock nothing is permitted")
    func noClock() throws {
        try Bench.run { bench in
            let vault = try Vault(directory: bench.directory, key: bench.key, clock: StoppedClock())
            #expect(refusal(vault) == .clock)
            #expect(throws: VaultError.clock) { try vault.checkAttempt("alice", .face) }
        }
    }

    @Test("the system's clock can be read")
    func systemClock() throws {
        let reading = try #require(SystemClock().read())
        #expect(reading.bootMilliseconds > 0 && reading.unixSeconds > 1_700_000_000)
    }
}

/// One that cannot be read.
private struct StoppedClock: HostClock {
    func read() -> ClockReading? { nil }
}

@Suite("damage")
struct DamageTests {
    private func enrol(_ bench: Bench) throws -> TemplateOpening {
        let vault = try bench.open()
        let made = try opening(1)
        try vault.addPending(alice, uid: 1000, origin: here, policy: policy, opening: made)
        try vault.commit(alice, template(made, 0))
        return made
    }

    @Test(
        "whatever an enrolment pinned is bound by the seal",
        arguments: [
            "UPDATE enrolment SET uid = 1001", "UPDATE enrolment SET threshold = threshold - 1",
            "UPDATE enrolment SET minimumNorm = 1500", "UPDATE enrolment SET dimension = 64",
            "UPDATE enrolment SET assurance = 2", "UPDATE enrolment SET model = zeroblob(32)",
            "UPDATE enrolment SET verifierKey = zeroblob(32)", "UPDATE opening SET epoch = 1",
            "UPDATE enrolment SET origin = NULL", "UPDATE enrolment SET origin = 'https://evil.example'",
            "UPDATE opening SET commitment = (SELECT verifierKey FROM enrolment)",
            "UPDATE opening SET sealed = substr(sealed, 1, 30)",
            "UPDATE opening SET sealed = CAST(sealed || x'00' AS BLOB)",
            "UPDATE opening SET sealed = zeroblob(length(sealed))",
        ]
    )
    func seal(_ sql: String) throws {
        try Bench.run { bench in
            _ = try enrol(bench)
            try bench.tamper(sql)
            let vault = try bench.open()
            #expect(throws: VaultError.brokenSeal(label: "default")) { try vault.opening(alice) }
            #expect(try vault.enrolments().count == 1, "nothing is lost")
        }
    }

    @Test("another subject's row does not open")
    func swappedRows() throws {
        try Bench.run { bench in
            _ = try enrol(bench)
            let bob = EnrolmentKey(subject: "bob", audience: "host", modality: .face, label: "default")
            let vault = try bench.open()
            try vault.addPending(bob, uid: 1001, origin: here, policy: policy, opening: try opening(2))
            try bench.tamper(
                """
                UPDATE opening SET (sealed, commitment) =
                    (SELECT sealed, commitment FROM opening WHERE slot = 'current') WHERE slot = 'pending'
                """
            )
            let swapped = try #require(try vault.enrolment(bob)?.pending.first?.template)
            #expect(throws: VaultError.brokenSeal(label: "default")) { try vault.opening(bob, of: swapped) }
            #expect(throws: VaultError.brokenSeal(label: "default")) { try vault.commit(bob, swapped) }
        }
    }

    @Test("every flipped bit of the sealed opening is noticed, none is repaired by deleting")
    func flippedBits() throws {
        try Bench.run { bench in
            let made = try enrol(bench)
            let vault = try bench.open()
            let queue = try DatabaseQueue(path: bench.path)
            let sealed = try #require(try queue.read { try Data.fetchOne($0, sql: "SELECT sealed FROM opening") })
            for index in 0..<sealed.count {
                var bad = sealed
                bad[index] ^= 1 << UInt8(index % 8)
                try queue.write { try $0.execute(sql: "UPDATE opening SET sealed = ?", arguments: [bad]) }
                #expect(throws: VaultError.brokenSeal(label: "default"), "byte \(index)") {
                    try vault.opening(alice)
                }
            }
            try queue.write { try $0.execute(sql: "UPDATE opening SET sealed = ?", arguments: [sealed]) }
            #expect(try vault.opening(alice).encode() == made.encode())
        }
    }

    @Test("the wrong key is told apart from damage")
    func wrongKey() throws {
        try Bench.run { bench in
            _ = try enrol(bench)
            #expect(throws: VaultError.wrongKey) {
                try Vault(directory: bench.directory, key: .random(count: 32), clock: bench.clock)
            }
            #expect(throws: VaultError.wrongKey) {
                try Vault(directory: bench.directory, key: .random(count: 16), clock: bench.clock)
            }
        }
    }

    @Test(
        "another program's database, another schema version, a file that is no database",
        arguments: [
            ("PRAGMA application_id = 7", VaultError.foreignDatabase),
            ("PRAGMA application_id = 0", .foreignDatabase),
            ("PRAGMA user_version = 5", .unsupportedSchema(version: 5)),
            ("PRAGMA user_version = 0", .unsupportedSchema(version: 0)),
            ("DELETE FROM vault", .corrupt),
        ]
    )
    func foreign(_ sql: String, _ expected: VaultError) throws {
        try Bench.run { bench in
            _ = try enrol(bench)
            try bench.tamper(sql)
            #expect(throws: expected) { try bench.open() }
        }
    }

    @Test("garbage in the file is damage with a hint, and stays where it is")
    func garbage() throws {
        try Bench.run { bench in
            _ = try enrol(bench)
            try FileManager.default.removeItem(atPath: bench.path)
            let garbage = Data(repeating: 0x5a, count: 8192)
            try garbage.write(to: URL(fileURLWithPath: bench.path))
            chmod(bench.path, 0o600)
            #expect(throws: VaultError.corrupt) { try bench.open() }
            #expect(try Data(contentsOf: URL(fileURLWithPath: bench.path)) == garbage)
            #expect(VaultError.corrupt.hint.contains("backup"))
        }
    }

    @Test("disk full: a clear error, the old state intact, and it works again when there is space")
    func diskFull() throws {
        try Bench.run { bench in
            let made = try enrol(bench)
            // So many pages as the file has now, so that the next big write does not fit.
            let pages = try DatabaseQueue(path: bench.path).read { try Int.fetchOne($0, sql: "PRAGMA page_count") }
            let vault = try bench.open(maximumPages: pages)
            var failure: VaultError?
            for label in 0..<200 where failure == nil {
                let key = EnrolmentKey(subject: "alice", audience: "host", modality: .face, label: "label \(label)")
                do throws(VaultError) {
                    try vault.addPending(key, uid: 1000, origin: here, policy: policy, opening: made)
                } catch {
                    failure = error
                }
                if failure != nil { #expect(try vault.enrolment(key) == nil) }
            }
            #expect(failure == .diskFull)
            #expect(try vault.opening(alice).encode() == made.encode())
            let roomy = try bench.open()
            try roomy.addPending(alice, after: template(made, 0), opening: try opening(2), isRefresh: false)
        }
    }

    @Test("files and directory are closed to others and must stay so")
    func modes() throws {
        try Bench.run { bench in
            let old = umask(0)
            defer { umask(old) }
            _ = try enrol(bench)
            for name in try FileManager.default.contentsOfDirectory(atPath: bench.directory) {
                var info = stat()
                #expect(lstat(bench.directory + "/" + name, &info) == 0)
                #expect(info.st_mode & 0o777 == 0o600, "\(name)")
            }
            chmod(bench.path, 0o640)
            #expect(throws: VaultError.file(.tooOpen(path: bench.path, mode: 0o640))) { try bench.open() }
            chmod(bench.path, 0o600)
            chmod(bench.directory, 0o711)
            #expect(throws: VaultError.file(.tooOpen(path: bench.directory, mode: 0o711))) { try bench.open() }
        }
    }

    @Test("a link in the database's place is refused")
    func link() throws {
        try Bench.run { bench in
            _ = try enrol(bench)
            try FileManager.default.moveItem(atPath: bench.path, toPath: bench.directory + "/other")
            try FileManager.default.createSymbolicLink(
                atPath: bench.path,
                withDestinationPath: bench.directory + "/other"
            )
            #expect(throws: VaultError.file(.wrongKind(path: bench.path))) { try bench.open() }
        }
    }

    @Test("no opening is in the files in the clear, nor after it was revoked")
    func noPlaintext() throws {
        try Bench.run { bench in
            let made = try enrol(bench)
            let sealed = try #require(
                try DatabaseQueue(path: bench.path).read { try Data.fetchOne($0, sql: "SELECT sealed FROM opening") }
            )
            let plain = Data(made.encode())
            func contains(_ needle: Data) throws -> Bool {
                for name in try FileManager.default.contentsOfDirectory(atPath: bench.directory) {
                    let data = try Data(contentsOf: URL(fileURLWithPath: bench.directory + "/" + name))
                    if data.range(of: needle) != nil { return true }
                }
                return false
            }
            #expect(try contains(sealed.prefix(24)))
            #expect(try !contains(plain[10..<26]))
            try bench.open().revoke(alice)
            #expect(try !contains(sealed.prefix(24)))
        }
    }
}

@Suite("vault key")
struct VaultKeyTests {
    @Test("credential before file; an unusable credential is an error, a missing one is not")
    func sources() throws {
        try Bench.run { bench in
            try SafeFile.secretDirectory(bench.directory)
            let file = bench.directory + "/key"
            let credentials = bench.directory + "/credentials"
            try SafeFile.secretDirectory(credentials)
            func load(_ directory: String?) throws -> [UInt8] {
                try VaultKey.load(file: file, vault: bench.directory, credentialsDirectory: directory).withUnsafeBytes {
                    Array($0)
                }
            }
            let made = try load(nil)
            #expect(made.count == 32)
            // An empty file is no vault yet; one that was written is not given another key.
            try SafeFile.create(bench.path, contents: SecretBytes(count: 0))
            #expect(try load(nil) == made)
            #expect(try load(nil) == made)
            #expect(try load(credentials) == made)
            _ = try Vault(directory: bench.directory, key: SecretBytes(copying: made))
            try FileManager.default.moveItem(atPath: file, toPath: file + ".away")
            #expect(throws: VaultError.keyGone) { try load(nil) }
            #expect(throws: VaultError.keyGone) { try load(credentials) }
            #expect(!FileManager.default.fileExists(atPath: file))
            try FileManager.default.moveItem(atPath: file + ".away", toPath: file)
            let sevens = [UInt8](repeating: 7, count: 32)
            try SafeFile.create(credentials + "/vault-key", contents: SecretBytes(copying: sevens))
            #expect(try load(credentials) == sevens)
            try FileManager.default.removeItem(atPath: credentials + "/vault-key")
            try SafeFile.create(credentials + "/vault-key", contents: SecretBytes(copying: [1]))
            #expect(throws: VaultError.file(.wrongLength(path: credentials + "/vault-key", expected: 32))) {
                try load(credentials)
            }
        }
    }
}
