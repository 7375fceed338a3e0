import Encoding
import Interfaces
import Varlink

/// The words for errors that the services reply with.
extension CommandFailure {
    /// - Parameter service: the program that answered, for example `semblanced`.
    init(reply: VarlinkError, service: String) {
        if let error = ProverFailure(reply) {
            self.init(error)
        } else if let error = VerifierError(reply) {
            self.init(error, service: service)
        } else if case .presenceRequired(let reason) = AgentError(reply) {
            self = .absent(reason)
        } else if reply == .permissionDenied {
            self = .notAllowed
        } else {
            self.init(
                .failure,
                "\(service) answered: \(reply)",
                hint: "are semblance and \(service) of one version?"
            )
        }
    }

    private init(_ error: ProverFailure) {
        switch error {
        case .notAuthorized: self = .notAllowed
        case .notEnrolled: self = .notEnrolled
        case .alreadyEnrolled: self = .alreadyEnrolled
        case .challengeRefused: self = .challengeRefused
        case .challengeMismatch(let mismatch): self.init(mismatch)
        case .verifierKeyChanged(let audience, let origin, let pinned, let offered):
            self.init(changedKeyOf: audience, at: origin, from: pinned, to: offered)
        case .noMatch: self = .noMatch
        case .lockedOut(let seconds): self = .lockedOut(retryAfter: Int64(seconds ?? -1))
        case .sensorUnavailable(let hint): self.init(.sensor, "the sensor is not available", hint: hint)
        case .poorSample(let hint): self.init(.sensor, "no usable sample", hint: hint)
        case .busy: self.init(.sensor, "another login is using the sensor", hint: "try again in a moment")
        case .presenceRequired(let reason): self = .absent(reason)
        case .passwordRequired(let reason):
            self.init(
                .notPermitted,
                "your password comes first: \(reason)",
                hint: "enter it once at a login, the lock screen or sudo (sudo -k; sudo true)"
            )
        case .consentRequired: self = .consentRequired
        case .consentRefused(let seconds):
            self.init(
                .refused,
                seconds == nil ? "it was not allowed" : "it was not allowed, as you have refused before",
                hint: Self.wait(seconds.map { Int64($0) })
            )
        case .tooManyProofs(let seconds):
            self.init(.lockedOut, Self.tooSoonWords, hint: Self.wait(Int64(seconds)))
        case .storageFailure(let hint): self.init(.failure, "semblanced cannot store its data", hint: hint)
        }
    }

    private static let tooSoonWords = "too many logins in a short time"

    /// Whether the prover grants the next success after a while.
    var isTooSoon: Bool { message == Self.tooSoonWords }

    private init(_ error: VerifierError, service: String) {
        switch error {
        case .notAuthorized: self = .notAllowed
        case .notEnrolled: self = .notEnrolled
        case .alreadyEnrolled: self = .alreadyEnrolled
        case .nothingToUpgrade: self = .nothingToUpgrade
        case .lockedOut(let seconds): self = .lockedOut(retryAfter: Int64(seconds))
        case .refused: self.init(.refused, "the verifier refused")
        case .busy: self.init(.unavailable, "\(service) is busy", hint: "try again in a moment")
        case .storageFailure: self.init(.failure, "\(service) cannot store its data", hint: "is the disk full?")
        case .badRequest: self = .notAccepted(by: service)
        }
    }
}

/// Those that mean the same whoever replies.
extension CommandFailure {
    private static let notAllowed = CommandFailure(
        .notPermitted,
        "you may not do this for that user",
        hint: "run it as root"
    )

    private static let notEnrolled = CommandFailure(
        .enrolment,
        "there is no such enrolment",
        hint: "enrol with 'semblance enroll'"
    )

    private static let alreadyEnrolled = CommandFailure(
        .enrolment,
        "there is such an enrolment already",
        hint: "'semblance rotate --refresh' renews it, 'semblance revoke' removes it"
    )

    private static let challengeRefused = CommandFailure(
        .refused,
        "semblanced refused the verifier's challenge",
        hint: "the verifier's key or policy, or the account's uid, is not that of the enrolment; "
            + "semblanced's log says which"
    )

    private static let consentRequired = CommandFailure(
        .notPermitted,
        "a remote verifier gets a proof only after you were asked, and there was no terminal to ask on",
        hint: "run it in the foreground of a terminal, or keep 'semblance agent' running on one"
    )

    private static func absent(_ reason: String) -> CommandFailure {
        CommandFailure(
            .notPermitted,
            "the sensor serves who is in front of it: \(reason)",
            hint: "log in on this machine's screen, and ask from there"
        )
    }
}

extension CommandFailure {
    /// A request that is well formed, and still not one that the service takes.
    static func notAccepted(by service: String) -> CommandFailure {
        CommandFailure(
            .badInput,
            "\(service) does not accept the request",
            hint: "it may have no model for this modality, or not take this label, number of samples or assurance"
        )
    }

    /// What to do about a limit; nil where it is not known when it ends.
    ///
    /// - Parameter seconds: below zero where no time helps.
    private static func wait(_ seconds: Int64?) -> String? {
        seconds.map { $0 < 0 ? "only root lifts it ('semblance unlock'); use another way in" : "try again in \($0) s" }
    }

    private static func lockedOut(retryAfter seconds: Int64?) -> CommandFailure {
        CommandFailure(.lockedOut, "too many failed attempts", hint: wait(seconds))
    }

    /// A verifier's 429 or 503: the subject is locked out, or the address or the verifier has too much going on.
    ///
    /// - Parameter seconds: below zero where no time helps.
    static func tooMany(_ error: JSON?, retryAfter seconds: Int64?) -> CommandFailure {
        guard error == .string("lockedOut") else {
            return CommandFailure(
                .busy,
                "the verifier has too many requests",
                hint: wait(seconds) ?? "try again in a moment"
            )
        }
        return lockedOut(retryAfter: seconds)
    }
}
