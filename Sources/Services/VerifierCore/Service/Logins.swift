import Interfaces
import Logging
import Statement

/// A login that was verified: what a token may say.
public struct VerifiedLogin: Equatable, Sendable {
    /// Who logged in.
    public let subject: String
    /// The service that asked, for which a token would be.
    public let purpose: String
    /// What was compared.
    public let modality: Modality
    /// What the proof showed.
    public let verdict: Verdict
    /// The client to whom the challenge was issued: an Ed25519 key, or 32 zero bytes for a local connection.
    public let clientKey: [UInt8]
    /// The challenge's nonce, 32 bytes; serves as the token's id.
    public let nonce: [UInt8]
    /// Seconds since 1970-01-01 UTC.
    public let time: UInt64
}

extension Verifier {
    /// Judges the proof of a login. An accepted one uses its challenge up and clears the failed attempts; over HTTP it
    /// also binds an enrolment that no device is named for to the one that made it.
    ///
    /// - Throws: `refused` for every proof that does not count, at a time that does not tell the reason; `busy`, also for
    ///   one that is being judged; `storageFailure`.
    public func verify(proof: [UInt8], from submitter: Submitter) async throws(VerifierError) -> VerifiedLogin {
        let method = ProofMethod(roles: [.authenticate], commit: { [self] in try acceptLogin($1, $0) })
        let login = try await judge(proof, from: submitter, by: method)
        log(login, from: submitter)
        return login
    }

    private func acceptLogin(
        _ context: ProofContext,
        _ session: StoreSession
    ) throws -> Result<VerifiedLogin, RefusalReason> {
        guard var record = context.record else { return .failure(.decoy) }
        guard context.checked.newTemplate == nil else { return .failure(.unexpectedTemplate) }
        let challenge = context.challenge
        if record.bind(to: context.binding) {
            record.updated = session.now.unixSeconds
            try session.update(record)
        }
        try session.record(
            .verified,
            subject: record.subject,
            modality: record.modality.name,
            label: record.label,
            purpose: challenge.purpose,
            reason: context.verdict.rawValue,
            origin: context.origin
        )
        return .success(
            VerifiedLogin(
                subject: record.subject,
                purpose: challenge.purpose,
                modality: record.modality,
                verdict: context.verdict,
                clientKey: challenge.clientKey,
                nonce: challenge.nonce,
                time: session.now.unixSeconds
            )
        )
    }

    /// One line for each login: who, for what, from where.
    private func log(_ login: VerifiedLogin, from submitter: Submitter) {
        logger.notice(
            "login verified",
            metadata: [
                "subject": "\(login.subject)", "purpose": "\(login.purpose)", "outcome": "\(login.verdict.rawValue)",
                "modality": "\(login.modality.name)", "origin": "\(submitter.origin)",
            ]
        )
    }
}
