import Foundation
import GRDB
import Glibc
import MatchProof
import Ristretto255
import ServiceSupport
import Sodium

/// The prover's store: enrolments, their sealed openings, and the counters of failed attempts.
///
/// Every opening is sealed by XChaCha20-Poly1305 with everything that its enrolment pinned as additional data, so
/// neither the opening nor the bounds that it may be used under can be altered. Every change is one transaction,
/// durable before the call returns.
public final class Vault: Sendable {
    /// How many templates may wait for a receipt; the oldest gives way.
    static let maximumPending = 4

    /// How often a template may be refreshed. Each refresh may move it by the threshold (attacks.md F18), so the cap
    /// bounds how far it can drift from what was enrolled.
    public static let maximumRefreshes = 10

    private let database: DatabaseQueue
    private let key: SecretBytes
    private let clock: any HostClock

    /// Opens the vault in `directory`, which is made with mode 0700 when it is missing.
    ///
    /// - Parameter key: 32 bytes, see ``VaultKey``.
    public convenience init(
        directory: String,
        key: SecretBytes,
        clock: any HostClock = SystemClock()
    ) throws(VaultError) {
        try self.init(directory: directory, key: key, clock: clock, maximumPages: nil)
    }

    init(directory: String, key: SecretBytes, clock: any HostClock, maximumPages: Int?) throws(VaultError) {
        let path = directory + "/vault.sqlite"
        do {
            try SafeFile.secretDirectory(directory)
            do {
                try SafeFile.create(path, contents: SecretBytes(count: 0))
            } catch .alreadyExists {
                try SafeFile.check(path, privacy: .secret)
            }
        } catch {
            throw .file(error)
        }
        guard key.count == AEAD.keyByteCount else { throw .wrongKey }
        var configuration = Configuration()
        configuration.foreignKeysEnabled = true
        configuration.busyMode = .timeout(5)
        configuration.prepareDatabase { database in
            // synchronous FULL: a counted attempt must survive a power cut right after it.
            try database.execute(
                sql: """
                    PRAGMA journal_mode = WAL;
                    PRAGMA synchronous = FULL;
                    PRAGMA secure_delete = ON;
                    PRAGMA trusted_schema = OFF;
                    """
            )
            if let maximumPages { try database.execute(sql: "PRAGMA max_page_count = \(maximumPages)") }
        }
        self.key = key
        self.clock = clock
        self.database = try Self.translating { try DatabaseQueue(path: path, configuration: configuration) }
        try Self.translating { [database] in
            try database.write { try Schema.prepare($0, key: key) }
        }
    }

    // MARK: Enrolments

    /// All enrolments, or those of one uid, by subject, audience, modality and label.
    public func enrolments(of uid: UInt32? = nil) throws(VaultError) -> [Enrolment] {
        try reading { database in
            let rows = try Row.fetchAll(
                database,
                sql: """
                    SELECT * FROM enrolment WHERE ?1 IS NULL OR uid = ?1
                    ORDER BY subject, audience, modality, label
                    """,
                arguments: [uid.map { Int64($0) }]
            )
            return try rows.map { try Self.enrolment($0, database) }
        }
    }

    /// The enrolment, nil when there is none.
    public func enrolment(_ key: EnrolmentKey) throws(VaultError) -> Enrolment? {
        try reading { try Self.find(key, $0)?.enrolment }
    }

    /// Records a new enrolment that waits for the verifier's receipt. An earlier one that still waits is replaced.
    ///
    /// - Parameter origin: where the verifier was contacted.
    /// - Throws: `alreadyEnrolled` when there is an active one.
    public func addPending(
        _ key: EnrolmentKey,
        uid: UInt32,
        origin: Origin,
        policy: PinnedPolicy,
        opening: TemplateOpening
    ) throws(VaultError) {
        let created = Int64(clamping: try now().unixSeconds)
        try writing { database in
            if let known = try Self.find(key, database) {
                guard known.enrolment.state == .pending else { throw VaultError.alreadyEnrolled }
                try database.execute(sql: "DELETE FROM enrolment WHERE id = ?", arguments: [known.id])
            }
            try database.execute(
                sql: """
                    INSERT INTO enrolment (subject, uid, audience, modality, label, verifierKey, model, dimension,
                        threshold, minimumNorm, assurance, created, origin)
                    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                    """,
                arguments: [
                    key.subject, Int64(uid), key.audience, Int64(key.modality.rawValue), key.label,
                    Data(policy.verifierKey), Data(policy.model), policy.dimension, Int64(policy.threshold),
                    Int64(policy.minimumNorm), Int64(policy.assurance.rawValue), created, origin.text,
                ]
            )
            guard let added = try Self.find(key, database) else { throw VaultError.corrupt }
            try self.store(opening, epoch: 0, isRefresh: false, of: added, database)
        }
    }

    /// Records the template of a rotation, which waits for the verifier's receipt beside the one in force and others that
    /// wait.
    ///
    /// - Parameters:
    ///   - current: the template that the rotation was proved against.
    ///   - isRefresh: whether it is made of fresh samples, which counts against ``maximumRefreshes``.
    ///   - policy: what an upgrade pins instead; the verifier's key and the assurance stay what they are.
    public func addPending(
        _ key: EnrolmentKey,
        after current: Enrolment.Template,
        opening: TemplateOpening,
        isRefresh: Bool,
        policy: PinnedPolicy? = nil
    ) throws(VaultError) {
        let (epoch, overflow) = current.epoch.addingReportingOverflow(1)
        guard !overflow else { throw .busy }
        try writing { database in
            guard let known = try Self.find(key, database), known.enrolment.state == .active else {
                throw VaultError.notEnrolled
            }
            // Another rotation was put in force while this one was proved.
            guard known.enrolment.current == current else { throw VaultError.busy }
            guard !isRefresh || known.enrolment.refreshes < Self.maximumRefreshes else { throw VaultError.refreshLimit }
            try self.store(opening, epoch: epoch, isRefresh: isRefresh, policy: policy, of: known, database)
        }
    }

    /// The opening of the template in force, or of one that waits.
    public func opening(_ key: EnrolmentKey, of template: Enrolment.Template? = nil) throws(VaultError)
        -> TemplateOpening
    {
        let sealed: (bytes: [UInt8], additionalData: [UInt8], commitment: [UInt8]) = try reading { database in
            guard let known = try Self.find(key, database), let template = template ?? known.enrolment.current else {
                throw VaultError.notEnrolled
            }
            let sealed = try Data.fetchOne(
                database,
                sql: "SELECT sealed FROM opening WHERE enrolment = ? AND commitment = ? AND epoch = ?",
                arguments: [known.id, Data(template.commitment.bytes), Int64(bitPattern: template.epoch)]
            )
            guard let sealed else { throw VaultError.noPendingTemplate }
            let additionalData = Self.additionalData(
                known.enrolment,
                known.enrolment.policy(of: template),
                origin: known.enrolment.origin,
                epoch: template.epoch,
                commitment: template.commitment.bytes
            )
            return ([UInt8](sealed), additionalData, template.commitment.bytes)
        }
        guard let plaintext = try? AEAD.openSecret(sealed.bytes, key: self.key, additionalData: sealed.additionalData)
        else { throw .brokenSeal(label: key.label) }
        let opening = plaintext.withUnsafeBytes { try? TemplateOpening(decoding: $0) }
        guard let opening, opening.commitment.bytes == sealed.commitment else { throw .brokenSeal(label: key.label) }
        return opening
    }

    /// Puts a waiting template in force, and destroys the one it replaces and whatever else waits.
    public func commit(_ key: EnrolmentKey, _ template: Enrolment.Template) throws(VaultError) {
        guard try enrolment(key)?.isPending(template) ?? false else {
            throw try enrolment(key) == nil ? .notEnrolled : .noPendingTemplate
        }
        // What cannot be opened must not replace what can.
        _ = try opening(key, of: template)
        try writing { database in
            guard let known = try Self.find(key, database), known.enrolment.isPending(template) else {
                throw VaultError.noPendingTemplate
            }
            let commitment = Data(template.commitment.bytes)
            try database.execute(
                sql: """
                    UPDATE enrolment SET refreshes = refreshes + made.isRefresh,
                        model = coalesce(made.model, enrolment.model),
                        dimension = coalesce(made.dimension, enrolment.dimension),
                        threshold = coalesce(made.threshold, enrolment.threshold),
                        minimumNorm = coalesce(made.minimumNorm, enrolment.minimumNorm)
                    FROM opening AS made
                    WHERE enrolment.id = ?1 AND made.enrolment = ?1 AND made.commitment = ?2
                    """,
                arguments: [known.id, commitment]
            )
            try database.execute(
                sql: "DELETE FROM opening WHERE enrolment = ? AND commitment <> ?",
                arguments: [known.id, commitment]
            )
            try database.execute(
                sql: """
                    UPDATE opening SET slot = 'current', model = NULL, dimension = NULL, threshold = NULL,
                        minimumNorm = NULL
                    WHERE enrolment = ?
                    """,
                arguments: [known.id]
            )
        }
        try truncateLog()
    }

    /// Pins the origin of an enrolment of before origins were pinned, and seals its openings anew over it. One that has an
    /// origin keeps it.
    public func pin(_ key: EnrolmentKey, to origin: Origin) throws(VaultError) {
        guard let found = try enrolment(key) else { throw .notEnrolled }
        guard found.origin == nil else { return }
        try writing { database in
            guard let known = try Self.find(key, database) else { throw VaultError.notEnrolled }
            guard known.enrolment.origin == nil else { return }
            let rows = try Row.fetchAll(
                database,
                sql: "SELECT rowid, * FROM opening WHERE enrolment = ?",
                arguments: [known.id]
            )
            for row in rows {
                let sealed = try self.resealed(row, of: known.enrolment, to: origin)
                try database.execute(
                    sql: "UPDATE opening SET sealed = ? WHERE rowid = ?",
                    arguments: [Data(sealed), row["rowid"] as Int64?]
                )
            }
            try database.execute(
                sql: "UPDATE enrolment SET origin = ? WHERE id = ?",
                arguments: [origin.text, known.id]
            )
        }
        try truncateLog()
    }

    private func resealed(_ row: Row, of enrolment: Enrolment, to origin: Origin) throws -> [UInt8] {
        let template = try Self.template(row)
        let policy = try Self.policy(row, of: enrolment.policy) ?? enrolment.policy
        func additionalData(_ origin: Origin?) -> [UInt8] {
            Self.additionalData(
                enrolment,
                policy,
                origin: origin,
                epoch: template.epoch,
                commitment: template.commitment.bytes
            )
        }
        guard let old = row["sealed"] as Data?,
            let plaintext = try? AEAD.openSecret([UInt8](old), key: key, additionalData: additionalData(nil))
        else { throw VaultError.brokenSeal(label: enrolment.key.label) }
        return AEAD.seal(plaintext, key: key, additionalData: additionalData(origin))
    }

    /// The key that is `uid`'s at a verifier of this origin, another for each of the two. Nothing of it is stored.
    public func deviceKey(of uid: UInt32, at origin: Origin) -> SigningKey {
        var message = Array("semblance device key v1".utf8)
        withUnsafeBytes(of: uid.littleEndian) { message.append(contentsOf: $0) }
        message.append(contentsOf: origin.text.utf8)
        var bytes = Hash.blake2b(message, count: SigningKey.seedByteCount, key: key)
        defer { SecretBytes.zero(&bytes) }
        guard let deviceKey = SigningKey(seed: SecretBytes(copying: bytes)) else {
            fatalError("32 bytes are an Ed25519 seed")
        }
        return deviceKey
    }

    /// Forgets an enrolment and destroys its openings.
    public func revoke(_ key: EnrolmentKey) throws(VaultError) {
        try writing { database in
            guard let known = try Self.find(key, database) else { throw VaultError.notEnrolled }
            try database.execute(sql: "DELETE FROM enrolment WHERE id = ?", arguments: [known.id])
        }
        try truncateLog()
    }

    // MARK: Attempts

    /// Throws `lockedOut` when no try is permitted now; counts nothing.
    public func checkAttempt(_ subject: String, _ modality: Modality) throws(VaultError) {
        let now = try now()
        if let refusal = try writing({ try Self.refusal(subject, modality, now, $0) }) { throw refusal }
    }

    /// Counts a try as failed, before it is made; a success is told by ``forgive(_:_:all:)``. Throws `lockedOut`, and then
    /// counts nothing, when no try is permitted now.
    ///
    /// - Returns: when the last failure before this one was, in seconds since 1970; nil if there was none.
    @discardableResult
    public func beginAttempt(_ subject: String, _ modality: Modality) throws(VaultError) -> Int64? {
        let now = try now()
        let (refusal, last): (VaultError?, Int64?) = try writing { database in
            if let refusal = try Self.refusal(subject, modality, now, database) { return (refusal, nil) }
            let last = try Int64.fetchOne(
                database,
                sql: "SELECT wall FROM attempts WHERE subject = ? AND modality = ? AND failures > 0",
                arguments: [subject, Int64(modality.rawValue)]
            )
            try database.execute(
                sql: """
                    INSERT INTO attempts (subject, modality, failures, wall, bootMilliseconds, bootIdentity)
                    VALUES (?1, ?2, 1, ?3, ?4, ?5)
                    ON CONFLICT DO UPDATE
                    SET failures = failures + 1, wall = ?3, bootMilliseconds = ?4, bootIdentity = ?5
                    """,
                arguments: [subject, Int64(modality.rawValue)] + Self.columns(of: now)
            )
            return (nil, last)
        }
        if let refusal { throw refusal }
        return last
    }

    /// A try succeeded: forgets the failures before it, or only takes back what ``beginAttempt(_:_:)`` counted.
    public func forgive(_ subject: String, _ modality: Modality, all: Bool) throws(VaultError) {
        guard !all else { return try clearAttempts(subject, modality) }
        try writing { database in
            try database.execute(
                sql: "UPDATE attempts SET failures = failures - 1 WHERE subject = ? AND modality = ? AND failures > 0",
                arguments: [subject, Int64(modality.rawValue)]
            )
        }
    }

    /// Forgets the subject's failures.
    public func clearAttempts(_ subject: String, _ modality: Modality) throws(VaultError) {
        try writing { database in
            try database.execute(
                sql: "DELETE FROM attempts WHERE subject = ? AND modality = ?",
                arguments: [subject, Int64(modality.rawValue)]
            )
        }
    }

    /// The error to refuse a try with, nil when it is permitted. It is returned, not thrown, because what this may
    /// write (a wait that starts again) must be committed.
    private static func refusal(
        _ subject: String,
        _ modality: Modality,
        _ now: ClockReading,
        _ database: Database
    ) throws -> VaultError? {
        let row = try Row.fetchOne(
            database,
            sql: "SELECT * FROM attempts WHERE subject = ? AND modality = ?",
            arguments: [subject, Int64(modality.rawValue)]
        )
        guard let row else { return nil }
        guard let failures = row["failures"] as Int64?, let wall = row["wall"] as Int64?,
            let boot = row["bootMilliseconds"] as Int64?
        else { throw VaultError.corrupt }
        let last = ClockReading(
            unixSeconds: UInt64(clamping: wall),
            bootMilliseconds: UInt64(clamping: boot),
            bootIdentity: (row["bootIdentity"] as Data?).map(Array.init) ?? []
        )
        if limiter.mustRestart(failures: Int(failures), last: last, now: now) {
            try database.execute(
                sql: """
                    UPDATE attempts SET wall = ?, bootMilliseconds = ?, bootIdentity = ?
                    WHERE subject = ? AND modality = ?
                    """,
                arguments: columns(of: now) + [subject, Int64(modality.rawValue)]
            )
        }
        return switch limiter.decide(failures: Int(failures), last: last, now: now) {
        case .allowed: nil
        case .locked: .lockedOut(retryAfterSeconds: nil)
        case .wait(let seconds): .lockedOut(retryAfterSeconds: seconds)
        }
    }

    private static let limiter = AttemptLimiter()

    private static func columns(of reading: ClockReading) -> StatementArguments {
        [
            Int64(clamping: reading.unixSeconds), Int64(clamping: reading.bootMilliseconds),
            reading.bootIdentity.isEmpty ? nil : Data(reading.bootIdentity),
        ]
    }

    // MARK: Rows

    private static func find(_ key: EnrolmentKey, _ database: Database) throws -> (id: Int64, enrolment: Enrolment)? {
        let row = try Row.fetchOne(
            database,
            sql: "SELECT * FROM enrolment WHERE subject = ? AND audience = ? AND modality = ? AND label = ?",
            arguments: [key.subject, key.audience, Int64(key.modality.rawValue), key.label]
        )
        guard let row else { return nil }
        guard let id = row["id"] as Int64? else { throw VaultError.corrupt }
        return (id, try enrolment(row, database))
    }

    private static func enrolment(_ row: Row, _ database: Database) throws -> Enrolment {
        guard let id = row["id"] as Int64?, let subject = row["subject"] as String?,
            let audience = row["audience"] as String?, let label = row["label"] as String?,
            let modality = (row["modality"] as Int64?).flatMap({ UInt8(exactly: $0) })
                .flatMap(Modality.init(rawValue:)),
            let uid = (row["uid"] as Int64?).flatMap({ UInt32(exactly: $0) }),
            let verifierKey = row["verifierKey"] as Data?, let model = row["model"] as Data?,
            let dimension = row["dimension"] as Int64?,
            let threshold = (row["threshold"] as Int64?).flatMap({ UInt16(exactly: $0) }),
            let minimumNorm = (row["minimumNorm"] as Int64?).flatMap({ UInt32(exactly: $0) }),
            let assurance = (row["assurance"] as Int64?).flatMap({ UInt8(exactly: $0) })
                .flatMap(Assurance.init(rawValue:)),
            let created = row["created"] as Int64?, let refreshes = row["refreshes"] as Int64?
        else { throw VaultError.corrupt }
        let origin = try (row["origin"] as String?).map { text in
            guard let origin = Origin(text) else { throw VaultError.corrupt }
            return origin
        }
        let policy = PinnedPolicy(
            verifierKey: [UInt8](verifierKey),
            model: [UInt8](model),
            dimension: Int(dimension),
            threshold: threshold,
            minimumNorm: minimumNorm,
            assurance: assurance
        )
        let openings = try Row.fetchAll(
            database,
            sql: "SELECT * FROM opening WHERE enrolment = ? ORDER BY rowid DESC",
            arguments: [id]
        )
        let current = try openings.first { ($0["slot"] as String?) == "current" }.map(Self.template)
        return Enrolment(
            key: EnrolmentKey(subject: subject, audience: audience, modality: modality, label: label),
            uid: uid,
            origin: origin,
            policy: policy,
            created: created,
            refreshes: Int(refreshes),
            current: current,
            pending: try openings.filter { ($0["slot"] as String?) == "pending" }.map { row in
                Enrolment.Pending(template: try Self.template(row), policy: try Self.policy(row, of: policy) ?? policy)
            }
        )
    }

    private static func template(_ row: Row) throws -> Enrolment.Template {
        guard let epoch = row["epoch"] as Int64?, let bytes = row["commitment"] as Data?,
            let commitment = CompressedRistretto([UInt8](bytes))
        else { throw VaultError.corrupt }
        return Enrolment.Template(commitment: commitment, epoch: UInt64(bitPattern: epoch))
    }

    /// What the waiting template of an upgrade pins; nil where it pins what its enrolment does.
    private static func policy(_ row: Row, of enrolment: PinnedPolicy) throws -> PinnedPolicy? {
        guard let model = row["model"] as Data? else { return nil }
        guard let dimension = row["dimension"] as Int64?,
            let threshold = (row["threshold"] as Int64?).flatMap({ UInt16(exactly: $0) }),
            let minimumNorm = (row["minimumNorm"] as Int64?).flatMap({ UInt32(exactly: $0) })
        else { throw VaultError.corrupt }
        return PinnedPolicy(
            verifierKey: enrolment.verifierKey,
            model: [UInt8](model),
            dimension: Int(dimension),
            threshold: threshold,
            minimumNorm: minimumNorm,
            assurance: enrolment.assurance
        )
    }

    private func store(
        _ opening: TemplateOpening,
        epoch: UInt64,
        isRefresh: Bool,
        policy: PinnedPolicy? = nil,
        of known: (id: Int64, enrolment: Enrolment),
        _ database: Database
    ) throws {
        var plaintext = opening.encode()
        defer { SecretBytes.zero(&plaintext) }
        let commitment = opening.commitment.bytes
        let sealed = AEAD.seal(
            plaintext,
            key: key,
            additionalData: Self.additionalData(
                known.enrolment,
                policy ?? known.enrolment.policy,
                origin: known.enrolment.origin,
                epoch: epoch,
                commitment: commitment
            )
        )
        try database.execute(
            sql: """
                INSERT INTO opening (enrolment, slot, epoch, commitment, isRefresh, sealed, model, dimension, threshold,
                    minimumNorm)
                VALUES (?, 'pending', ?, ?, ?, ?, ?, ?, ?, ?)
                ON CONFLICT (enrolment, commitment) DO UPDATE SET epoch = excluded.epoch,
                    isRefresh = excluded.isRefresh, sealed = excluded.sealed, model = excluded.model,
                    dimension = excluded.dimension, threshold = excluded.threshold, minimumNorm = excluded.minimumNorm
                WHERE slot = 'pending'
                """,
            arguments: [
                known.id, Int64(bitPattern: epoch), Data(commitment), isRefresh, Data(sealed),
                policy.map { Data($0.model) }, policy?.dimension, (policy?.threshold).map { Int64($0) },
                (policy?.minimumNorm).map { Int64($0) },
            ]
        )
        try database.execute(
            sql: """
                DELETE FROM opening WHERE enrolment = ?1 AND slot = 'pending' AND rowid NOT IN
                    (SELECT rowid FROM opening WHERE enrolment = ?1 AND slot = 'pending' ORDER BY rowid DESC LIMIT ?2)
                """,
            arguments: [known.id, Self.maximumPending]
        )
    }

    /// What a sealed opening is bound to: whose it is, which template it opens, and where and under which bounds it may
    /// be used. Version 1 is of enrolments without an origin.
    private static func additionalData(
        _ enrolment: Enrolment,
        _ policy: PinnedPolicy,
        origin: Origin?,
        epoch: UInt64,
        commitment: [UInt8]
    ) -> [UInt8] {
        var data = Array("semblance opening v\(origin == nil ? 1 : 2)".utf8)
        func append(_ bytes: some Collection<UInt8>) {
            withUnsafeBytes(of: UInt32(truncatingIfNeeded: bytes.count).littleEndian) { data.append(contentsOf: $0) }
            data.append(contentsOf: bytes)
        }
        func append(_ integer: UInt64) {
            withUnsafeBytes(of: integer.littleEndian) { data.append(contentsOf: $0) }
        }
        append(enrolment.key.subject.utf8)
        append(enrolment.key.audience.utf8)
        append(UInt64(enrolment.key.modality.rawValue))
        append(enrolment.key.label.utf8)
        append(epoch)
        append(commitment)
        append(UInt64(enrolment.uid))
        append(policy.verifierKey)
        append(policy.model)
        append(UInt64(bitPattern: Int64(policy.dimension)))
        append(UInt64(policy.threshold))
        append(UInt64(policy.minimumNorm))
        append(UInt64(policy.assurance.rawValue))
        if let origin { append(origin.text.utf8) }
        return data
    }

    // MARK: Access

    private func now() throws(VaultError) -> ClockReading {
        guard let now = clock.read() else { throw .clock }
        return now
    }

    private func reading<Result>(_ body: (Database) throws -> Result) throws(VaultError) -> Result {
        try Self.translating { try database.read(body) }
    }

    private func writing<Result>(_ body: (Database) throws -> Result) throws(VaultError) -> Result {
        try Self.translating { try database.write(body) }
    }

    /// Moves the write-ahead log into the database, so that nothing that was destroyed stays readable in it.
    private func truncateLog() throws(VaultError) {
        try Self.translating {
            _ = try database.writeWithoutTransaction { try $0.checkpoint(.truncate) }
        }
    }

    private static func translating<Result>(_ body: () throws -> Result) throws(VaultError) -> Result {
        do {
            return try body()
        } catch let error as VaultError {
            throw error
        } catch let error as DatabaseError {
            switch error.resultCode {
            case .SQLITE_FULL: throw .diskFull
            case .SQLITE_BUSY, .SQLITE_LOCKED: throw .busy
            case .SQLITE_CORRUPT, .SQLITE_NOTADB: throw .corrupt
            default: throw .database(code: error.extendedResultCode.rawValue)
            }
        } catch {
            throw .corrupt
        }
    }
}
