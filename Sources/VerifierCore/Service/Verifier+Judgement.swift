import Logging
import MatchProof
import Ristretto255
import ServiceSupport
import Sodium

/// The way of every proof: decoded, found to answer a living challenge of this very caller, verified on a thread of its
/// own, and then, in one transaction that looks again, turned into what it earns.
extension Verifier {
    private struct Refusal: Error {
        let reason: RefusalReason
        var detail: String?
        var subject = "-"
        var purpose = "-"
    }

    /// What is known about a proof before it is verified.
    private enum Admission: Sendable {
        /// The same proof earned this receipt before.
        case receipt([UInt8])
        /// Under which name the attempt counts; nil for a decoy and for an enrolment.
        case proceed(AttemptKey?)
        case refuse(RefusalReason)
    }

    /// What a transaction made of a verified proof.
    private enum Settlement<Output: Sendable>: Sendable {
        case accepted(Output)
        case receipt([UInt8])
        case refused(RefusalReason)
    }

    /// - Parameters:
    ///   - receipt: for a method that answers the same proof with the same receipt again.
    ///   - commit: turns a proof that counts into what it earns.
    func judge<Output: Sendable>(
        _ proof: [UInt8],
        roles: Set<Role>,
        from submitter: Submitter,
        receipt: (@Sendable ([UInt8]) -> Output)? = nil,
        commit: @Sendable @escaping (StoreSession, ProofContext) throws -> Result<Output, RefusalReason>
    ) async throws(VerifierError) -> Output {
        let start = ContinuousClock.now
        let outcome: Result<Output, Refusal>
        switch open(proof, roles: roles, earnsReceipt: receipt != nil, from: submitter) {
        case .success(let submission): outcome = try await weigh(submission, receipt: receipt, commit: commit)
        case .failure(let refusal): outcome = .failure(refusal)
        }
        switch outcome {
        case .success(let output): return output
        case .failure(let refusal):
            logger.notice(
                "proof refused",
                metadata: [
                    "outcome": "refused", "reason": "\(refusal.reason.rawValue)", "detail": "\(refusal.detail ?? "-")",
                    "subject": "\(refusal.subject)", "purpose": "\(refusal.purpose)", "origin": "\(submitter.origin)",
                ]
            )
            await pacer.hold(since: start)
            throw .refused
        }
    }

    /// What can be said without the database.
    private func open(
        _ proof: [UInt8],
        roles: Set<Role>,
        earnsReceipt: Bool,
        from submitter: Submitter
    ) -> Result<Submission, Refusal> {
        guard proof.count <= limits.maximumProofBytes else { return .failure(Refusal(reason: .oversizedProof)) }
        let opened: any OpenedProof
        do {
            opened = try checker.open(proof)
        } catch {
            return .failure(Refusal(reason: .malformedProof, detail: "\(error)"))
        }
        let challenge = opened.challenge.challenge
        guard challenge.audience == audience, opened.challenge.isSigned(by: keys.signing.publicKey) else {
            return .failure(Refusal(reason: .foreignChallenge))
        }
        if case .remote(let origin, let signature, _) = submitter {
            guard let origin, origins.contains(origin) else { return .failure(Refusal(reason: .foreignOrigin)) }
            let clientKey = challenge.clientKey
            guard ClientSignature.isValid(signature, origin: origin, proof: proof, clientKey: clientKey) else {
                return .failure(Refusal(reason: .badClientSignature))
            }
        }
        return .success(
            Submission(
                opened: opened,
                digest: Hash.sha512(proof),
                roles: roles,
                earnsReceipt: earnsReceipt,
                submitter: submitter
            )
        )
    }

    private func weigh<Output: Sendable>(
        _ submission: Submission,
        receipt: (@Sendable ([UInt8]) -> Output)?,
        commit: @Sendable @escaping (StoreSession, ProofContext) throws -> Result<Output, RefusalReason>
    ) async throws(VerifierError) -> Result<Output, Refusal> {
        let challenge = submission.challenge
        guard desk.begin(challenge.nonce) else { throw .busy }
        defer { desk.end(challenge.nonce) }
        let (admission, name) = try await admit(submission)
        let key: AttemptKey?
        switch admission {
        case .receipt(let bytes): return Self.repeated(bytes, receipt)
        case .refuse(let reason):
            try await note(reason, name: name, submission)
            return .failure(Refusal(reason: reason, subject: name, purpose: challenge.purpose))
        case .proceed(let attempt): key = attempt
        }
        defer { if let key { desk.endAttempt(key) } }
        let checked = try await check(submission)
        let settlement = try await settle(submission, checked, name: name, key: key, commit: commit)
        switch settlement {
        case .accepted(let output): return .success(output)
        case .receipt(let bytes): return Self.repeated(bytes, receipt)
        case .refused(let reason):
            var detail: String?
            if case .failure(let refusal) = checked { detail = refusal.detail }
            return .failure(Refusal(reason: reason, detail: detail, subject: name, purpose: challenge.purpose))
        }
    }

    /// The answer of a method that gave this receipt before.
    private static func repeated<Output: Sendable>(
        _ bytes: [UInt8],
        _ receipt: (@Sendable ([UInt8]) -> Output)?
    ) -> Result<Output, Refusal> {
        guard let receipt else { return .failure(Refusal(reason: .wrongRole)) }
        return .success(receipt(bytes))
    }

    /// Looks whether a proof may be verified at all; an attempt that may is pending from then on.
    ///
    /// - Returns: also how the log names the subject.
    private func admit(_ submission: Submission) async throws(VerifierError) -> (Admission, String) {
        try await reading { [self] session -> (Admission, String) in
            let challenge = submission.challenge
            let isKnown = try session.isEnrolled(subject: challenge.subject)
            let name = loggedName(of: challenge.subject, known: isKnown)
            if submission.earnsReceipt, let kept = try session.receipt(proofDigest: submission.digest) {
                let isHis = try mayFetch(kept, submission, session)
                return (isHis ? .receipt(kept.encoded) : .refuse(.notAuthorized), name)
            }
            let (reason, record) = try standing(of: submission, session: session)
            if let reason { return (.refuse(reason), name) }
            // Any device may answer for an enrolment that is not bound yet, so none is counted against it: else strangers
            // could fill the table with keys of theirs.
            guard let record, record.device != .unbound || submission.device == nil else {
                return (.proceed(nil), name)
            }
            let key = attemptKey(subject: challenge.subject, device: submission.device)
            let counter = try session.attempts(key)
            let isAdmitted = desk.beginAttempt(key) { pending in
                let failures = (counter?.failures ?? 0) + pending
                // While others are pending, the time of the last failure is not known yet.
                if pending > 0, failures >= policy.attempts.withoutDelay { return false }
                return policy.attempts.decide(failures: failures, last: counter?.last, now: session.now) == .allowed
            }
            return (isAdmitted ? .proceed(key) : .refuse(.lockedOut), name)
        }
    }

    private func check(_ submission: Submission) async throws(VerifierError) -> Result<CheckedProof, Refusal> {
        let verifierKey = keys.signing.publicKey
        do {
            return try await pool.run {
                do {
                    return .success(try submission.opened.check(verifierKey: verifierKey))
                } catch {
                    return .failure(Refusal(reason: .proofRejected, detail: "\(error)"))
                }
            }
        } catch {
            logger.warning("too many proofs wait", metadata: ["waiting": "\(pool.waitingCount)"])
            throw error
        }
    }

    /// In one transaction: looks again, uses the challenge up, and either clears the failed attempts and commits, or
    /// counts one more.
    private func settle<Output: Sendable>(
        _ submission: Submission,
        _ checked: Result<CheckedProof, Refusal>,
        name: String,
        key: AttemptKey?,
        commit: @Sendable @escaping (StoreSession, ProofContext) throws -> Result<Output, RefusalReason>
    ) async throws(VerifierError) -> Settlement<Output> {
        try await session { [self] session -> Settlement<Output> in
            // Another process may have judged the same proof meanwhile.
            if submission.earnsReceipt, let kept = try session.receipt(proofDigest: submission.digest),
                try mayFetch(kept, submission, session)
            {
                return .receipt(kept.encoded)
            }
            let (reason, record) = try standing(of: submission, session: session)
            let result: Result<Output, RefusalReason>
            switch (reason, checked) {
            case (let reason?, _): result = .failure(reason)
            case (nil, .failure(let refusal)): result = .failure(refusal.reason)
            case (nil, .success(let checked)):
                result = try decide(checked, submission, record: record, session: session, commit: commit)
            }
            switch result {
            case .success(let output):
                try session.consume(submission.challenge.nonce, expires: submission.challenge.expiresAt)
                if let key { try session.clearAttempts(key) }
                return .accepted(output)
            case .failure(let failure):
                // A good proof that came too late says nothing against who made it.
                if reason == nil || !checked.isSuccess { try useUp(submission, key, session) }
                try recordRefusal(failure, name: name, submission, session)
                return .refused(failure)
            }
        }
    }

    private func decide<Output: Sendable>(
        _ checked: CheckedProof,
        _ submission: Submission,
        record: EnrolmentRecord?,
        session: StoreSession,
        commit: (StoreSession, ProofContext) throws -> Result<Output, RefusalReason>
    ) throws -> Result<Output, RefusalReason> {
        let verdict = verdict(of: checked, record: record)
        if policy.biometricRequired, verdict != .biometric {
            return .failure(checked.attestedBy == nil ? .possessionOnly : .untrustedSensor)
        }
        return try commit(
            session,
            ProofContext(
                challenge: submission.challenge,
                binding: submission.binding,
                record: record,
                checked: checked,
                verdict: verdict,
                proofDigest: submission.digest
            )
        )
    }

    /// A challenge whose proof was looked at and refused is used up, and the attempt has failed. A stranger's is
    /// remembered in memory only, so that he can fill nothing.
    private func useUp(_ submission: Submission, _ key: AttemptKey?, _ session: StoreSession) throws {
        let challenge = submission.challenge
        guard key != nil || challenge.role == .enrol else {
            desk.spend(challenge.nonce, expires: challenge.expiresAt, now: session.now.unixSeconds)
            return
        }
        try session.consume(challenge.nonce, expires: challenge.expiresAt)
        if let key { try session.countFailure(key) }
    }

    /// Records a refusal before the proof was verified; the challenge stays.
    private func note(_ reason: RefusalReason, name: String, _ submission: Submission) async throws(VerifierError) {
        try await session { [self] in try recordRefusal(reason, name: name, submission, $0) }
    }

    private func recordRefusal(
        _ reason: RefusalReason,
        name: String,
        _ submission: Submission,
        _ session: StoreSession
    ) throws {
        try session.record(
            .refused,
            category: try isOfTheEnrolled(submission, reason, session) ? .attempt : .traffic,
            subject: name,
            purpose: submission.challenge.purpose,
            reason: reason.rawValue,
            origin: submission.submitter.origin
        )
    }
}

extension Result {
    fileprivate var isSuccess: Bool {
        if case .success = self { true } else { false }
    }
}
