import GRDB
import Logging
import MatchProof
import ServiceSupport
import Sodium

/// The verifier: issues signed challenges, judges proofs, and keeps the record of who is enrolled.
///
/// It holds commitments, keys and counters, never anything biometric. A peer learns that a proof is refused, never why.
/// The same object serves local and remote callers; ``Requester`` and ``Submitter`` say which one it is.
public final class Verifier: Sendable {
    /// The version that ``identity`` reports.
    public static let version = Release.version

    let audience: String
    /// Where remote clients reach this verifier. A proof that was meant for another place is refused.
    let origins: Set<Origin>
    let policy: Policy
    let limits: ServiceLimits
    let keys: VerifierKeys
    let store: VerifierStore
    let checker: any ProofChecking
    let accounts: any AccountDirectory
    let clock: any VerifierClock
    let logger: Logger
    let pool: VerificationPool
    let pacer: RefusalPacer

    public init(
        audience: String,
        origins: Set<Origin> = [],
        policy: Policy,
        limits: ServiceLimits = ServiceLimits(),
        store: VerifierStore,
        checker: (any ProofChecking)? = nil,
        accounts: any AccountDirectory = SystemAccounts(),
        clock: any VerifierClock = SystemClock(),
        logger: Logger
    ) {
        self.audience = audience
        self.origins = origins
        self.policy = policy
        self.limits = limits
        self.keys = store.keys
        self.store = store
        self.checker = checker ?? MatchProofChecker(models: policy.models.compactMap(\.published))
        self.accounts = accounts
        self.clock = clock
        self.logger = logger
        self.pool = VerificationPool(workers: limits.concurrentVerifications, queueLimit: limits.queuedVerifications)
        self.pacer = RefusalPacer(quantum: .milliseconds(limits.refusalQuantumMilliseconds))
    }

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

    /// Whether the database answers.
    public func isHealthy() async -> Bool {
        do {
            return try await store.transaction { try Int.fetchOne($0, sql: "SELECT COUNT(*) FROM identity") == 1 }
        } catch {
            return false
        }
    }

    /// Runs `body` in one transaction at the present moment; errors of the database are logged and become
    /// ``VerifierError/storageFailure``.
    func session<Result: Sendable>(
        _ body: @Sendable @escaping (StoreSession) throws -> Result
    ) async throws(VerifierError) -> Result {
        let now = clock.read()
        let seal = keys.rowSeal
        let logger = logger
        do {
            return try await store.transaction { database in
                let session = StoreSession(database: database, seal: seal, now: now)
                if try session.sweep() { logger.warning("the clock went back: outstanding challenges were dropped") }
                return try body(session)
            }
        } catch {
            logger.error("database failure", metadata: ["error": "\(error)"])
            throw error == .busy ? .busy : .storageFailure
        }
    }

    /// Root may name any subject, another uid only the subject whose account has that uid.
    func isAuthorised(uid: UInt32, for subject: String) -> Bool {
        uid == 0 || accounts.uid(of: subject) == uid
    }

    /// Whether the caller may enrol, refresh or revoke for `subject`.
    func mayManage(_ subject: String, uid: UInt32) -> Bool {
        uid == 0 || (policy.selfEnrol && accounts.uid(of: subject) == uid)
    }

    /// How the log names a subject: a stranger's input only by its pseudonym.
    func loggedName(of subject: String, known: Bool) -> String {
        known ? subject : "unknown:" + Hexadecimal.encode(keys.decoys.pseudonym(of: subject).prefix(6))
    }
}
