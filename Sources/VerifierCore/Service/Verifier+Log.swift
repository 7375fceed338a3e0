import Logging

extension Verifier {
    /// What the damaged audit trail does not hold, the journal does.
    func log(unrecorded event: AuditEvent) {
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

    /// One line for each login: who, for what, from where.
    func log(_ login: VerifiedLogin, from submitter: Submitter) {
        logger.notice(
            "login verified",
            metadata: [
                "subject": "\(login.subject)", "purpose": "\(login.purpose)", "outcome": "\(login.verdict.rawValue)",
                "modality": "\(login.modality.name)", "origin": "\(submitter.origin)",
            ]
        )
    }
}
