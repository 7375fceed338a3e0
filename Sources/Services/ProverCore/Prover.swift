import Glibc
import Interfaces
import Logging
import Presence
import SensorClient
import ServiceSupport
import Statement
import Vault

/// `org.semblance.Prover`: decides who may ask for a proof, captures, counts, proves, stores.
public final class Prover: Sendable {
    /// The version that `Status` tells.
    public static let version = Release.version

    let vault: Vault
    let sensors: [ProverSensor]
    let settings: ProverSettings
    let accounts: Accounts
    let logger: Logger
    /// Seconds since 1970-01-01 00:00 UTC.
    let now: @Sendable () -> UInt64
    let presence: SeatPresence
    let desk: ConsentDesk
    let queue: CaptureQueue
    let budget: ProofBudget
    let refusals: RefusalBackoff
    let idleMemory = IdleMemory()

    /// - Parameters:
    ///   - sensors: at least one, each with a name of its own.
    ///   - presence: who counts as being in front of a sensor.
    ///   - now: seconds since 1970-01-01 00:00 UTC.
    public init(
        vault: Vault,
        sensors: [ProverSensor],
        settings: ProverSettings,
        accounts: Accounts = .system,
        presence: SeatPresence,
        logger: Logger,
        now: @escaping @Sendable () -> UInt64 = { UInt64(max(0, time(nil))) }
    ) {
        self.vault = vault
        self.sensors = sensors
        self.settings = settings
        self.accounts = accounts
        self.presence = presence
        desk = ConsentDesk(limits: settings.consent)
        queue = CaptureQueue(limits: settings.queue)
        budget = ProofBudget(limits: settings.budget)
        refusals = RefusalBackoff(limits: settings.refusals)
        self.logger = logger
        self.now = now
    }

    /// Whether the vault answers; a daemon whose vault does not is better restarted.
    public var isHealthy: Bool {
        (try? vault.enrolments(of: .max)) != nil
    }

    /// What the vault gives, its errors as the caller is told them.
    func storing<Result>(_ body: () throws(VaultError) -> Result) throws(ProverFailure) -> Result {
        do {
            return try body()
        } catch {
            switch error {
            case .notEnrolled: throw .notEnrolled
            case .alreadyEnrolled: throw .alreadyEnrolled
            case .lockedOut(let seconds): throw .lockedOut(retryAfterSeconds: seconds)
            case .busy: throw .busy
            default:
                logger.error("the vault fails", metadata: ["hint": "\(error.hint)"])
                throw .storageFailure(hint: error.hint)
            }
        }
    }

    func log(_ message: Logger.Message, _ signed: SignedChallenge, _ request: Request) {
        logger.notice(
            message,
            metadata: [
                "peer": "\(request.peer)", "subject": "\(signed.challenge.subject)", "outcome": "\(message)",
                "audience": "\(signed.challenge.audience)", "purpose": "\(signed.challenge.purpose)",
                "role": "\(signed.challenge.role.name)",
                "modality": "\(signed.challenge.modality.name)",
            ]
        )
    }
}
