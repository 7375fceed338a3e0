import Interfaces
import Logging
import ServiceSupport
import Statement
import Vault

/// When a person has to enter a password before face or finger count again: it is what he knows, and nobody can take it from him
/// in his sleep. Root's programs say that one was entered; a rule without members demands nothing.
public struct PasswordRule: Decodable, Equatable, Sendable {
    /// Once since the computer was started.
    public var afterBoot: Bool?
    /// Again when the last one is that many hours old; 1 to 8,760.
    public var afterHours: Int?
    /// After that many failed tries in a row, 1 to 49; a password forgives them.
    public var afterFailures: Int?

    public init(afterBoot: Bool? = nil, afterHours: Int? = nil, afterFailures: Int? = nil) {
        (self.afterBoot, self.afterHours, self.afterFailures) = (afterBoot, afterHours, afterFailures)
    }

    func check() throws(ConfigurationFault) {
        if let hours = afterHours, !(1...8760).contains(hours) {
            throw .wrongValue(key: "passwordFirst.afterHours", reason: "must be 1 to 8760")
        }
        // At 50 nothing but root's word helps (`AttemptLimiter`).
        if let failures = afterFailures, !(1...49).contains(failures) {
            throw .wrongValue(key: "passwordFirst.afterFailures", reason: "must be 1 to 49")
        }
    }

    /// Why a password must come first; nil where it need not. In words that follow "enter your password: ".
    func obstacle(_ history: PasswordHistory) -> String? {
        let now = history.now
        if afterBoot == true, history.last.map(now.isSurelySameBoot) != true {
            return "it was not entered since this computer was started"
        }
        if let hours = afterHours {
            guard let last = history.last else { return "it was not entered yet" }
            if now.millisecondsPossiblyPassed(since: last) >= UInt64(hours) * 3_600_000 {
                return hours == 1 ? "it was not entered for an hour" : "it was not entered for \(hours) hours"
            }
        }
        if let limit = afterFailures, history.failures >= limit {
            return history.failures == 1 ? "the last try failed" : "the last \(history.failures) tries failed"
        }
        return nil
    }
}

extension Prover {
    /// The same for a challenge. Rotations are as logins, whose failed tries they forgive; who may enrol is another rule's. Root may try
    /// whether a new enrolment works ("semblance setup") before there is a stack that could report a password.
    func checkPassword(before challenge: Challenge, _ request: Request) throws(ProverFailure) {
        guard challenge.role != .enrol, !request.isRootsWord || challenge.purpose != "setup" else { return }
        try checkPassword(challenge.subject, request)
    }

    /// Whether the subject may be asked for face or finger at all.
    func checkPassword(_ subject: String, _ request: Request) throws(ProverFailure) {
        guard let rule = settings.passwordFirst else { return }
        let history = try storing { () throws(VaultError) in try vault.passwordHistory(of: subject) }
        guard let reason = rule.obstacle(history) else { return }
        logger.info(
            "a password comes first",
            metadata: ["peer": "\(request.peer)", "subject": "\(subject)", "reason": "\(reason)"]
        )
        throw .passwordRequired(reason: reason)
    }

    /// Another module of the subject's login was satisfied by a password, or the like. Root's word only.
    func notePassword(_ subject: String, _ service: String, by request: Request) throws(ProverFailure) {
        guard request.peer == 0 else { throw .notAuthorized }
        _ = try authorise(subject, request)
        guard let rule = settings.passwordFirst else { return }
        try storing { () throws(VaultError) in
            try vault.notePassword(subject, forgives: rule.afterFailures != nil)
        }
        logger.info("a password was entered", metadata: ["subject": "\(subject)", "purpose": "\(service)"])
    }
}
