import Logging

extension Verifier {
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
