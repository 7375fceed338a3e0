import GRDB
import Interfaces
import Logging
import ServiceSupport
import Sodium
import Synchronization

/// The verifier: issues signed challenges, judges proofs, and keeps the record of who is enrolled.
///
/// It holds commitments, keys and counters, never anything biometric. A peer learns that a proof is refused, never why.
/// The same object serves local and remote callers; ``Requester`` and ``Submitter`` say which one it is.
public final class Verifier: Sendable {
    let audience: String
    /// Where remote clients reach this verifier. A proof that was meant for another place is refused.
    let origins: Set<Origin>
    let policy: Policy
    let limits: ServiceLimits
    let keys: VerifierKeys
    let store: VerifierStore
    let checker: any ProofChecking
    let accounts: Accounts
    let clock: any HostClock
    let logger: Logger
    let pool: VerificationPool
    let pacer: RefusalPacer
    let desk = ProofDesk()
    private let clockMark = ClockMark()
    let lastHealth = Mutex<(health: VerifierHealth, at: ContinuousClock.Instant)?>(nil)

    /// - Parameters:
    ///   - audience: its name, 1 to 255 bytes; the store's.
    ///   - origins: where remote clients reach it; empty for one that serves local callers only.
    ///   - checker: nil for the proof system of the module MatchProof, with the policy's published models.
    public init(
        audience: String,
        origins: Set<Origin> = [],
        policy: Policy,
        limits: ServiceLimits = ServiceLimits(),
        store: VerifierStore,
        checker: (any ProofChecking)? = nil,
        accounts: Accounts = .system,
        clock: any HostClock = SystemClock(),
        logger: Logger
    ) {
        self.audience = audience
        self.origins = origins
        self.policy = policy
        self.limits = limits
        self.keys = store.keys
        self.store = store
        let checker = checker ?? MatchProofChecker(models: policy.models.compactMap(\.published))
        self.checker = checker
        self.accounts = accounts
        self.clock = clock
        self.logger = logger
        let verifierKey = store.keys.signing.publicKey
        self.pool = VerificationPool(
            workers: limits.concurrentVerifications,
            queueLimit: limits.queuedVerifications,
            check: { checker.check($0, verifierKey: verifierKey) }
        )
        self.pacer = RefusalPacer(quantum: .milliseconds(limits.refusalQuantumMilliseconds))
    }

    /// Runs `body` in one transaction at the present moment; errors of the database are logged and become
    /// ``VerifierError/storageFailure``.
    func session<Result: Sendable>(
        _ body: @Sendable @escaping (StoreSession) throws -> Result
    ) async throws(VerifierError) -> Result {
        let setting = try setting()
        let (logger, clockMark) = (logger, clockMark)
        do {
            let result = try await store.transaction { database in
                let (session, wentBack) = try StoreSession.writing(database, setting)
                if wentBack {
                    clockMark.reset(to: setting.now.unixSeconds)
                    logger.warning("the clock went back: outstanding challenges were dropped")
                }
                return try body(session)
            }
            for event in setting.unrecorded.events { log(unrecorded: event) }
            return result
        } catch {
            throw report(error)
        }
    }

    /// Runs `body`, which changes nothing, on the last committed state; it waits for nobody and keeps nobody waiting.
    func reading<Result: Sendable>(
        _ body: @Sendable @escaping (StoreSession) throws -> Result
    ) async throws(VerifierError) -> Result {
        for _ in 0..<2 {
            let setting = try setting()
            let result: Result?
            do {
                result = try await store.read { database in
                    do {
                        return try body(StoreSession.reading(database, setting))
                    } catch is StoreSession.ClockWentBack {
                        return nil
                    }
                }
            } catch {
                throw report(error)
            }
            if let result { return result }
            try await session { _ in }
        }
        throw .busy  // The clock goes back all the time.
    }

    /// What the damaged audit trail does not hold, the journal does.
    private func log(unrecorded event: AuditEvent) {
        logger.critical(
            "the audit trail is damaged; this event is in the journal alone",
            metadata: [
                "event": "\(event.kind.rawValue)", "subject": "\(event.subject)",
                "modality": "\(event.modality ?? "-")",
                "label": "\(event.label ?? "-")", "purpose": "\(event.purpose ?? "-")",
                "reason": "\(event.reason ?? "-")",
                "origin": "\(event.origin)",
            ]
        )
    }

    private func setting() throws(VerifierError) -> StoreSession.Setting {
        guard let now = clock.read() else { throw report(.clock) }
        return StoreSession.Setting(
            seal: keys.rowSeal,
            now: now,
            newestSeen: clockMark.note(now.unixSeconds),
            auditRetentionSeconds: UInt64(limits.auditRetentionDays) * 86_400
        )
    }

    private func report(_ error: StoreError) -> VerifierError {
        logger.error("database failure", metadata: ["error": "\(error)"])
        return error == .busy ? .busy : .storageFailure
    }

    /// Root may name any subject, another uid only the subject whose account has that uid.
    func isAuthorised(uid: UInt32, for subject: String) -> Bool {
        uid == 0 || accounts.uid(subject) == uid
    }

    /// Whether the caller may enrol, refresh or revoke for `subject`.
    func mayManage(_ subject: String, uid: UInt32) -> Bool {
        uid == 0 || (policy.selfEnrol && accounts.uid(subject) == uid)
    }

    /// Under which name attempts count that are made with this enrolment's device, or locally.
    func attemptKey(subject: String, device: [UInt8]?) -> AttemptKey {
        if let device {
            return AttemptKey(place: .device, pseudonym: keys.decoys.pseudonym(of: subject, device: device))
        }
        return AttemptKey(place: .local, pseudonym: keys.decoys.pseudonym(of: subject))
    }

    /// How the log names a subject: a stranger's input only by its pseudonym.
    func loggedName(of subject: String, known: Bool) -> String {
        known ? subject : "unknown:" + Hexadecimal.encode(keys.decoys.pseudonym(of: subject).prefix(6))
    }
}

/// Who a verifier is.
public struct VerifierIdentity: Equatable, Sendable {
    /// Its name: the audience of challenges and the issuer of tokens.
    public let audience: String
    /// The Ed25519 key that signs challenges and receipts, 32 bytes: what provers pin.
    public let verifierKey: [UInt8]
    /// The Ed25519 key that signs tokens, 32 bytes.
    public let tokenKey: [UInt8]
    /// Of the program.
    public let version: String
}

extension Verifier {
    /// The version that ``identity`` reports.
    public static let version = Release.version

    /// What anybody may know of this verifier.
    public var identity: VerifierIdentity {
        VerifierIdentity(
            audience: audience,
            verifierKey: keys.signing.publicKey.bytes,
            tokenKey: keys.tokens.publicKey.bytes,
            version: Self.version
        )
    }

    /// The signature that shows a client who drew `nonce` (32 bytes) that this verifier answers at `origin`.
    ///
    /// - Throws: `refused` for another place's origin: signed, it would let somebody there pass for this verifier;
    ///   `badRequest` for a nonce of another length.
    public func identitySignature(origin: Origin?, nonce: [UInt8]) throws(VerifierError) -> [UInt8] {
        guard nonce.count == IdentitySignature.nonceByteCount else { throw .badRequest }
        guard let origin, origins.contains(origin) else { throw .refused }
        return keys.signing.sign(IdentitySignature.message(origin: origin, audience: audience, nonce: nonce))
    }
}

/// The latest wall-clock time that this process has seen: challenges leave nothing in the database by which it could be
/// noticed that the clock went back since.
final class ClockMark: Sendable {
    private let newest = Mutex<UInt64>(0)

    /// Takes note of a reading, in seconds.
    ///
    /// - Returns: the latest before it.
    func note(_ seconds: UInt64) -> UInt64 {
        newest.withLock { newest in
            defer { newest = max(newest, seconds) }
            return newest
        }
    }

    /// Begins anew at `seconds`, after the clock went back.
    func reset(to seconds: UInt64) {
        newest.withLock { $0 = seconds }
    }
}
