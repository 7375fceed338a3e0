import Interfaces
import Logging
import ServiceSupport
import Sodium

/// The way of every proof: *decoded*; *admitted*, as one that answers a living challenge of this very caller; *checked*, on
/// a thread of its own; and *settled*: in one transaction that looks again, turned into what it earns, or recorded as
/// refused.
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

    /// Judges a proof.
    ///
    /// - Throws: `refused` at a time that does not tell the reason; `busy`, also for a proof that is being judged;
    ///   `storageFailure`.
    func judge<Output: Sendable>(
        _ proof: [UInt8],
        from submitter: Submitter,
        by method: ProofMethod<Output>
    ) async throws(VerifierError) -> Output {
        let start = ContinuousClock.now
        let outcome: Result<Output, Refusal>
        switch decode(proof, from: submitter, by: method) {
        case .success(let submission): outcome = try await weigh(submission, by: method)
        case .failure(let refusal): outcome = .failure(refusal)
        }
        switch outcome {
        case .success(let output): return output
        case .failure(let refusal):
            log(refusal, from: submitter)
            await pacer.hold(since: start)
            throw .refused
        }
    }

    private func log(_ refusal: Refusal, from submitter: Submitter) {
        logger.notice(
            "proof refused",
            metadata: [
                "outcome": "refused", "reason": "\(refusal.reason.rawValue)", "detail": "\(refusal.detail ?? "-")",
                "subject": "\(refusal.subject)", "purpose": "\(refusal.purpose)", "origin": "\(submitter.origin)",
            ]
        )
    }

    /// What can be said without the database.
    private func decode<Output>(
        _ proof: [UInt8],
        from submitter: Submitter,
        by method: ProofMethod<Output>
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
                roles: method.roles,
                earnsReceipt: method.receipt != nil,
                submitter: submitter
            )
        )
    }

    /// Admits, checks and settles a proof of which no copy is being judged.
    private func weigh<Output: Sendable>(
        _ submission: Submission,
        by method: ProofMethod<Output>
    ) async throws(VerifierError) -> Result<Output, Refusal> {
        let challenge = submission.challenge
        guard desk.begin(challenge.nonce) else { throw .busy }
        defer { desk.end(challenge.nonce) }
        let (admission, name) = try await admit(submission)
        func refusal(_ reason: RefusalReason, detail: String? = nil) -> Result<Output, Refusal> {
            .failure(Refusal(reason: reason, detail: detail, subject: name, purpose: challenge.purpose))
        }
        let key: AttemptKey?
        switch admission {
        case .receipt(let bytes): return repeated(bytes, by: method)
        case .refuse(let reason):
            // Its challenge stays.
            try await session { [self] in try recordRefusal(reason, name: name, submission, $0) }
            return refusal(reason)
        case .proceed(let attempt): key = attempt
        }
        defer { if let key { desk.endAttempt(key) } }
        let checked = try await check(submission)
        switch try await settle(submission, checked, name: name, key: key, by: method) {
        case .accepted(let output): return .success(output)
        case .receipt(let bytes): return repeated(bytes, by: method)
        case .refused(let reason): return refusal(reason, detail: checked.failure?.detail)
        }
    }

    /// The answer of a method that gave this receipt before.
    private func repeated<Output>(_ bytes: [UInt8], by method: ProofMethod<Output>) -> Result<Output, Refusal> {
        guard let receipt = method.receipt else { return .failure(Refusal(reason: .wrongRole)) }
        return .success(receipt(bytes))
    }
}

// MARK: Admission

extension Verifier {
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
            switch try standing(of: submission, session: session) {
            case .bad(let reason): return (.refuse(reason), name)
            case .good(let record): return (try beginAttempt(submission, record, session), name)
            }
        }
    }

    /// Any device may answer for an enrolment that is not bound yet, so none is counted against it: else strangers could
    /// fill the table with keys of theirs.
    private func beginAttempt(
        _ submission: Submission,
        _ record: EnrolmentRecord?,
        _ session: StoreSession
    ) throws -> Admission {
        guard let record, record.device != .unbound || submission.device == nil else { return .proceed(nil) }
        let key = attemptKey(subject: submission.challenge.subject, device: submission.device)
        let counter = try session.attempts(key)
        let isAdmitted = desk.beginAttempt(key) { pending in
            let failures = (counter?.failures ?? 0) + pending
            // While others are pending, the time of the last failure is not known yet.
            if pending > 0, failures >= policy.attempts.withoutDelay { return false }
            return policy.attempts.decide(failures: failures, last: counter?.last, now: session.now) == .allowed
        }
        return isAdmitted ? .proceed(key) : .refuse(.lockedOut)
    }

    // MARK: Check

    private func check(_ submission: Submission) async throws(VerifierError) -> Result<CheckedProof, Refusal> {
        do {
            return try await pool.verify(submission.opened)
                .mapError { Refusal(reason: .proofRejected, detail: "\($0)") }
        } catch {
            logger.warning("too many proofs wait", metadata: ["waiting": "\(pool.waitingCount)"])
            throw error
        }
    }
}

// MARK: Settlement

extension Verifier {
    /// In one transaction: looks again, uses the challenge up, and either clears the failed attempts and commits, or
    /// counts one more.
    private func settle<Output: Sendable>(
        _ submission: Submission,
        _ checked: Result<CheckedProof, Refusal>,
        name: String,
        key: AttemptKey?,
        by method: ProofMethod<Output>
    ) async throws(VerifierError) -> Settlement<Output> {
        try await session { [self] session -> Settlement<Output> in
            // Another process may have judged the same proof meanwhile.
            if submission.earnsReceipt, let kept = try session.receipt(proofDigest: submission.digest),
                try mayFetch(kept, submission, session)
            {
                return .receipt(kept.encoded)
            }
            let standing = try standing(of: submission, session: session)
            switch try decide(submission, standing, checked, session, by: method) {
            case .success(let output):
                try session.consume(submission.challenge.nonce, expires: submission.challenge.expiresAt)
                if let key { try session.clearAttempts(key) }
                return .accepted(output)
            case .failure(let reason):
                // A good proof that came too late says nothing against who made it.
                if standing.isGood || checked.failure != nil { try useUp(submission, key, session) }
                try recordRefusal(reason, name: name, submission, session)
                return .refused(reason)
            }
        }
    }

    /// What a verified proof earns, or why it does not.
    private func decide<Output>(
        _ submission: Submission,
        _ standing: Standing,
        _ checked: Result<CheckedProof, Refusal>,
        _ session: StoreSession,
        by method: ProofMethod<Output>
    ) throws -> Result<Output, RefusalReason> {
        switch (standing, checked) {
        case (.bad(let reason), _): return .failure(reason)
        case (.good, .failure(let refusal)): return .failure(refusal.reason)
        case (.good(let record), .success(let checked)):
            let verdict = verdict(of: checked, record: record)
            if policy.biometricRequired, verdict != .biometric {
                return .failure(checked.attestedBy == nil ? .possessionOnly : .untrustedSensor)
            }
            return try method.commit(
                session,
                ProofContext(submission: submission, record: record, checked: checked, verdict: verdict)
            )
        }
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
    fileprivate var failure: Failure? {
        if case .failure(let failure) = self { failure } else { nil }
    }
}
