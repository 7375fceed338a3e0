import Varlink

/// The words for errors that the services reply with.
extension CommandFailure {
    /// - Parameter service: the program that answered, for example `semblanced`.
    init(reply: VarlinkError, service: String) {
        let name = reply.name.split(separator: ".").last.map(String.init) ?? reply.name
        self =
            Self.plain[name] ?? Self.ofLimit(name, reply) ?? Self.ofVerifier(name, reply)
            ?? Self.ofService(name, reply, service)
            ?? CommandFailure(
                .failure,
                "\(service) answered: \(reply)",
                hint: "are semblance and \(service) of one version?"
            )
    }

    /// Those that mean the same whoever replies, and have nothing more to tell.
    private static let plain: [String: CommandFailure] = [
        "NotAuthorized": notAllowed,
        "PermissionDenied": notAllowed,
        "NotEnrolled": CommandFailure(
            .enrolment,
            "there is no such enrolment",
            hint: "enrol with 'semblance enroll'"
        ),
        "AlreadyEnrolled": CommandFailure(
            .enrolment,
            "there is such an enrolment already",
            hint: "'semblance rotate --refresh' renews it, 'semblance revoke' removes it"
        ),
        "NothingToUpgrade": nothingToUpgrade,
        "ChallengeRefused": CommandFailure(
            .refused,
            "semblanced refused the verifier's challenge",
            hint: "the verifier's key or policy, or the account's uid, is not that of the enrolment; "
                + "semblanced's log says which"
        ),
        "NoMatch": noMatch,
        "Refused": CommandFailure(.refused, "the verifier refused"),
        "ConsentRequired": CommandFailure(
            .notPermitted,
            "a remote verifier gets a proof only after you were asked, and there was no terminal to ask on",
            hint: "run it in the foreground of a terminal, or keep 'semblance agent' running on one"
        ),
    ]

    private static let notAllowed = CommandFailure(
        .notPermitted,
        "you may not do this for that user",
        hint: "run it as root"
    )

    /// Those that end after some time, or have an end that only root can bring.
    private static func ofLimit(_ name: String, _ reply: VarlinkError) -> CommandFailure? {
        var seconds: Int64?
        if case .integer(let value)? = reply.parameters["retryAfterSeconds"] { seconds = value }
        return switch name {
        case "LockedOut": lockedOut(retryAfter: seconds)
        case "TooManyProofs": CommandFailure(.lockedOut, "too many logins in a short time", hint: wait(seconds))
        case "ConsentRefused":
            CommandFailure(
                .refused,
                seconds == nil ? "it was not allowed" : "it was not allowed, as you have refused before",
                hint: wait(seconds)
            )
        default: nil
        }
    }

    /// Those about the verifier that sent the challenge.
    private static func ofVerifier(_ name: String, _ reply: VarlinkError) -> CommandFailure? {
        switch name {
        case "ChallengeMismatch": CommandFailure(mismatch: reply.parameters)
        case "VerifierKeyChanged": CommandFailure(changedKey: reply.parameters)
        default: nil
        }
    }

    /// Those that depend on who replies, or come with words of its own.
    private static func ofService(_ name: String, _ reply: VarlinkError, _ service: String) -> CommandFailure? {
        func text(_ name: String) -> String? {
            if case .string(let text)? = reply.parameters[name] { text } else { nil }
        }
        let hint = text("hint")
        return switch name {
        case "SensorUnavailable": CommandFailure(.sensor, "the sensor is not available", hint: hint)
        case "PoorSample", "NoSample", "NoSensor": CommandFailure(.sensor, "no usable sample", hint: hint)
        case "Busy" where service == "semblanced":
            CommandFailure(.sensor, "another login is using the sensor", hint: "try again in a moment")
        case "Busy": CommandFailure(.unavailable, "\(service) is busy", hint: "try again in a moment")
        case "PresenceRequired":
            CommandFailure(
                .notPermitted,
                "the sensor serves who is in front of it" + (text("reason").map { ": \($0)" } ?? ""),
                hint: "log in on this machine's screen, and ask from there"
            )
        case "StorageFailure":
            CommandFailure(.failure, "\(service) cannot store its data", hint: hint ?? "is the disk full?")
        case "BadRequest": notAccepted(by: service)
        default: nil
        }
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
