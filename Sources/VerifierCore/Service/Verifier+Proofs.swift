import Logging
import MatchProof
import Ristretto255
import ServiceSupport
import Sodium

extension Verifier {
    /// What is known about a proof before it is verified.
    private enum Admission: Sendable {
        /// The same proof earned this receipt before.
        case receipt([UInt8])
        case proceed
        case refuse(RefusalReason)
    }

    /// Judges the proof of a login. An accepted one uses its challenge up and clears the counters of subject and
    /// commitment.
    ///
    /// - Throws: `refused` for every proof that does not count, at a time that does not tell the reason; `busy`;
    ///   `storageFailure`.
    public func verify(proof: [UInt8], from submitter: Submitter) async throws(VerifierError) -> VerifiedLogin {
        let login: VerifiedLogin = try await judge(proof, roles: [.authenticate], from: submitter) { [self] session, context in
            guard let record = context.record else { return .failure(.decoy) }
            guard context.checked.newTemplate == nil else { return .failure(.unexpectedTemplate) }
            try clearCounters(of: context, record: record, session: session)
            let challenge = context.challenge
            try session.record(
                .verified,
                subject: record.subject,
                modality: record.modality.name,
                label: record.label,
                reason: context.verdict.rawValue,
                origin: submitter.origin
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
        log(login, from: submitter)
        return login
    }

    /// Records the enrolment that a proof shows.
    ///
    /// The same proof by a caller who may have it gets the same receipt again, as long as the enrolment was not rotated
    /// or revoked since.
    ///
    /// - Returns: the signed receipt, encoded.
    /// - Throws: as ``verify(proof:from:)``.
    public func register(proof: [UInt8], from submitter: Submitter) async throws(VerifierError) -> [UInt8] {
        try await judge(proof, roles: [.enrol], from: submitter, receipt: { $0 }) { [self] session, context in
            guard let commitment = context.checked.newTemplate else { return .failure(.missingTemplate) }
            if let reason = try reason(against: commitment, replacing: nil, session: session) {
                return .failure(reason)
            }
            let challenge = context.challenge
            let existing = try session.activeEnrolment(
                subject: challenge.subject,
                modality: challenge.modality,
                label: challenge.label
            )
            guard existing == nil else { return .failure(.alreadyEnrolled) }
            if let token = context.stored.token {
                guard try session.consumeToken(id: token, subject: challenge.subject) else {
                    return .failure(.tokenInvalid)
                }
            }
            let record = EnrolmentRecord(
                subject: challenge.subject,
                modality: challenge.modality,
                label: challenge.label,
                commitment: commitment,
                model: challenge.model,
                dimension: challenge.dimension,
                threshold: challenge.threshold,
                minimumNorm: challenge.minimumNorm,
                samples: challenge.samples,
                assurance: challenge.assurance,
                epoch: challenge.epoch,
                sensorKey: context.verdict == .biometric ? context.checked.attestedBy : nil,
                created: session.now.unixSeconds
            )
            let id = try session.insert(record)
            let receipt = try issueReceipt(role: .enrol, record: record, id: id, context: context, session: session)
            try session.record(
                .enrolled,
                subject: record.subject,
                modality: record.modality.name,
                label: record.label,
                reason: context.verdict.rawValue,
                origin: submitter.origin
            )
            return .success(receipt)
        }
    }

    /// Replaces a recorded commitment by the one that a proof against it shows, and advances the epoch.
    ///
    /// In one transaction: the challenge is used up, commitment and epoch are compared and swapped, every other
    /// challenge of the old epoch dies, the counters are cleared, the receipt is kept.
    ///
    /// - Returns: the signed receipt, encoded; again the same for the same proof (see ``register(proof:from:)``).
    /// - Throws: as ``verify(proof:from:)``.
    public func rotate(proof: [UInt8], from submitter: Submitter) async throws(VerifierError) -> [UInt8] {
        try await judge(proof, roles: [.reblind, .refresh, .upgrade], from: submitter, receipt: { $0 }) {
            [self] session, context in
            guard var record = context.record else { return .failure(.decoy) }
            guard let commitment = context.checked.newTemplate else { return .failure(.missingTemplate) }
            if let reason = try reason(against: commitment, replacing: record.commitment, session: session) {
                return .failure(reason)
            }
            let challenge = context.challenge
            if challenge.role.replacesTemplate {
                // Whoever later answers as biometric must have been seen by a sensor when he came in.
                guard record.sensorKey == nil || context.verdict == .biometric else { return .failure(.possessionOnly) }
                guard record.refreshes < policy.maximumRefreshes else { return .failure(.refreshLimit) }
                record.refreshes += 1
                record.samples = challenge.samples
            }
            let (epoch, overflow) = record.epoch.addingReportingOverflow(1)
            guard !overflow, epoch <= UInt64(Int64.max) else { return .failure(.staleEpoch) }
            if challenge.role == .upgrade {
                (record.model, record.dimension) = (challenge.model, challenge.dimension)
                (record.threshold, record.minimumNorm) = (challenge.threshold, challenge.minimumNorm)
                // The policy may have changed since the challenge.
                guard policy.accepts(record) else { return .failure(.recordBelowPolicy) }
            }
            try clearCounters(of: context, record: record, session: session)
            record.commitment = commitment
            record.epoch = epoch
            record.updated = session.now.unixSeconds
            try session.remember(commitment)
            try session.update(record)
            try session.dropChallenges(enrolment: record.id, except: context.stored)
            let receipt = try issueReceipt(
                role: challenge.role,
                record: record,
                id: record.id,
                context: context,
                session: session
            )
            try session.record(
                .rotated,
                subject: record.subject,
                modality: record.modality.name,
                label: record.label,
                reason: challenge.role.name,
                origin: submitter.origin
            )
            return .success(receipt)
        }
    }

    /// The way of every proof: decoded, found to answer a living challenge of this very caller, verified on a thread of
    /// its own, and then, in one transaction that looks again, turned into what it earns by `commit`.
    private func judge<Output: Sendable>(
        _ proof: [UInt8],
        roles: Set<Role>,
        from submitter: Submitter,
        receipt: (@Sendable ([UInt8]) -> Output)? = nil,
        commit: @Sendable @escaping (StoreSession, ProofContext) throws -> Result<Output, RefusalReason>
    ) async throws(VerifierError) -> Output {
        let start = ContinuousClock.now
        let outcome = try await weigh(proof, roles: roles, from: submitter, receipt: receipt, commit: commit)
        switch outcome {
        case .success(let output): return output
        case .failure(let refusal):
            logger.notice(
                "proof refused",
                metadata: [
                    "outcome": "refused", "reason": "\(refusal.reason.rawValue)", "detail": "\(refusal.detail ?? "-")",
                    "subject": "\(refusal.subject)", "origin": "\(submitter.origin)",
                ]
            )
            await pacer.hold(since: start)
            throw .refused
        }
    }

    private struct Refusal: Error {
        let reason: RefusalReason
        var detail: String?
        var subject = "-"
    }

    private func weigh<Output: Sendable>(
        _ proof: [UInt8],
        roles: Set<Role>,
        from submitter: Submitter,
        receipt: (@Sendable ([UInt8]) -> Output)?,
        commit: @Sendable @escaping (StoreSession, ProofContext) throws -> Result<Output, RefusalReason>
    ) async throws(VerifierError) -> Result<Output, Refusal> {
        guard proof.count <= limits.maximumProofBytes else { return .failure(Refusal(reason: .oversizedProof)) }
        let opened: any OpenedProof
        do {
            opened = try checker.open(proof)
        } catch {
            return .failure(Refusal(reason: .malformedProof, detail: "\(error)"))
        }
        let signed = opened.challenge
        let challenge = signed.challenge
        guard challenge.audience == audience, signed.isSigned(by: keys.signing.publicKey) else {
            return .failure(Refusal(reason: .foreignChallenge))
        }
        if case .remote(let origin, let signature, _) = submitter {
            guard let origin, origins.contains(origin) else { return .failure(Refusal(reason: .foreignOrigin)) }
            let clientKey = challenge.clientKey
            guard ClientSignature.isValid(signature, origin: origin, proof: proof, clientKey: clientKey) else {
                return .failure(Refusal(reason: .badClientSignature))
            }
        }
        let digest = Hash.sha512(proof)

        let admission = try await session { [self] session -> (Admission, String) in
            let isKnown = try session.isEnrolled(subject: challenge.subject)
            let name = loggedName(of: challenge.subject, known: isKnown)
            if receipt != nil, let kept = try session.receipt(proofDigest: digest) {
                guard try mayFetch(kept, submitter: submitter, challenge: challenge, session: session) else {
                    return (.refuse(.notAuthorized), name)
                }
                return (.receipt(kept.encoded), name)
            }
            let (reason, _, _) = try standing(of: signed, roles: roles, submitter: submitter, session: session)
            return (reason.map { .refuse($0) } ?? .proceed, name)
        }
        let name = admission.1
        switch admission.0 {
        case .receipt(let bytes):
            guard let receipt else { return .failure(Refusal(reason: .wrongRole, subject: name)) }
            return .success(receipt(bytes))
        case .refuse(let reason):
            try await note(reason, name: name, challenge: nil, submitter: submitter)
            return .failure(Refusal(reason: reason, subject: name))
        case .proceed: break
        }

        let verifierKey = keys.signing.publicKey
        let checked: Result<CheckedProof, Refusal>
        do {
            checked = try await pool.run {
                do {
                    return .success(try opened.check(verifierKey: verifierKey))
                } catch {
                    return .failure(Refusal(reason: .proofRejected, detail: "\(error)", subject: name))
                }
            }
        } catch {
            logger.warning("too many proofs wait", metadata: ["waiting": "\(pool.waitingCount)"])
            throw error
        }
        switch checked {
        case .failure(let refusal):
            try await note(refusal.reason, name: name, challenge: signed, submitter: submitter)
            return .failure(refusal)
        case .success(let checked):
            let result = try await session { [self] session -> Result<Output, RefusalReason> in
                let (reason, stored, record) = try standing(
                    of: signed,
                    roles: roles,
                    submitter: submitter,
                    session: session
                )
                if let reason { return .failure(reason) }
                guard let stored else { return .failure(.unknownChallenge) }
                let verdict = verdict(of: checked, record: record)
                let context = ProofContext(
                    challenge: challenge,
                    stored: stored,
                    record: record,
                    checked: checked,
                    verdict: verdict,
                    proofDigest: digest
                )
                if policy.biometricRequired, verdict != .biometric {
                    return .failure(checked.attestedBy == nil ? .possessionOnly : .untrustedSensor)
                }
                let result = try commit(session, context)
                if case .success = result { try session.consume(stored) }
                return result
            }
            switch result {
            case .success(let output): return .success(output)
            case .failure(let reason):
                try await note(reason, name: name, challenge: signed, submitter: submitter)
                return .failure(Refusal(reason: reason, subject: name))
            }
        }
    }

    /// Whether a challenge may be answered now, by this caller, in one of these roles.
    ///
    /// - Returns: the reason against it or nil, the challenge as issued, and the enrolment that it asks about (nil for
    ///   a new enrolment and for a decoy).
    private func standing(
        of signed: SignedChallenge,
        roles: Set<Role>,
        submitter: Submitter,
        session: StoreSession
    ) throws -> (RefusalReason?, ChallengeRecord?, EnrolmentRecord?) {
        let challenge = signed.challenge
        guard let stored = try session.challenge(nonce: challenge.nonce),
            constantTimeEqual(stored.encoded, signed.bytes)
        else { return (.unknownChallenge, nil, nil) }
        let expected: Binding =
            switch submitter {
            case .local(let connection, _): .connection(connection.bytes)
            case .remote: .clientKey(challenge.clientKey)
            }
        guard stored.binding == expected else { return (.wrongBinding, nil, nil) }
        guard !stored.consumed else { return (.consumedChallenge, stored, nil) }
        guard !stored.isExpired(at: session.now) else { return (.expiredChallenge, stored, nil) }
        guard roles.contains(challenge.role) else { return (.wrongRole, stored, nil) }
        guard challenge.role.usesTemplate, let id = stored.enrolment else { return (nil, stored, nil) }
        guard let record = try session.enrolment(id: id) else { return (.unknownChallenge, stored, nil) }
        guard record.state == .active else { return (.revokedEnrolment, stored, nil) }
        guard record.epoch == challenge.epoch, record.commitment == challenge.template else {
            return (.staleEpoch, stored, nil)
        }
        guard policy.accepts(record) else { return (.recordBelowPolicy, stored, nil) }
        return (nil, stored, record)
    }

    /// A proof is biometric if a believed sensor signed every sample: one of the policy's, or, where the policy names
    /// none, the one that signed the enrolment.
    private func verdict(of checked: CheckedProof, record: EnrolmentRecord?) -> LoginVerdict {
        guard let key = checked.attestedBy else { return .possession }
        if !policy.trustedSensorKeys.isEmpty {
            return policy.trustedSensorKeys.contains { $0.bytes == key } ? .biometric : .possession
        }
        guard let record else { return .biometric }
        return record.sensorKey == key ? .biometric : .possession
    }

    /// The reason not to record a commitment: the identity, the one it replaces, or one ever seen.
    private func reason(
        against commitment: CompressedRistretto,
        replacing old: CompressedRistretto?,
        session: StoreSession
    ) throws -> RefusalReason? {
        if commitment == .identity { return .identityCommitment }
        if try commitment == old || session.isSeen(commitment) { return .reusedCommitment }
        return nil
    }

    /// Whether a kept receipt is for this caller: a local one who may act for the subject, or the remote client that
    /// earned it (whose signature over the proof was checked).
    private func mayFetch(
        _ receipt: ReceiptRecord,
        submitter: Submitter,
        challenge: Challenge,
        session: StoreSession
    ) throws -> Bool {
        guard let record = try session.enrolment(id: receipt.enrolment), record.state == .active else { return false }
        switch (submitter, receipt.binding) {
        case (.local(_, let uid), .connection): return isAuthorised(uid: uid, for: record.subject)
        case (.remote, .clientKey(let key)): return key == challenge.clientKey
        default: return false
        }
    }

    private func issueReceipt(
        role: Role,
        record: EnrolmentRecord,
        id: Int64,
        context: ProofContext,
        session: StoreSession
    ) throws -> [UInt8] {
        let receipt = Receipt(
            role: role,
            modality: record.modality,
            audience: audience,
            subject: record.subject,
            label: record.label,
            template: record.commitment,
            epoch: record.epoch,
            model: record.model,
            time: session.now.unixSeconds
        )
        let signed = SignedReceipt(signing: receipt, with: keys.signing)
        try session.keep(
            ReceiptRecord(
                enrolment: id,
                proofDigest: context.proofDigest,
                binding: context.stored.binding,
                encoded: signed.bytes,
                created: session.now.unixSeconds
            )
        )
        return signed.bytes
    }

    private func clearCounters(of context: ProofContext, record: EnrolmentRecord, session: StoreSession) throws {
        try session.clearCounter(.subject, key: context.stored.subjectPseudonym)
        try session.clearCounter(.commitment, key: record.commitment.bytes)
    }

    /// Records a refusal, and uses up the challenge of a proof that was looked at and failed.
    private func note(
        _ reason: RefusalReason,
        name: String,
        challenge: SignedChallenge?,
        submitter: Submitter
    ) async throws(VerifierError) {
        try await session { session in
            if let challenge, let stored = try session.challenge(nonce: challenge.challenge.nonce), !stored.consumed {
                try session.consume(stored)
            }
            try session.record(.refused, subject: name, reason: reason.rawValue, origin: submitter.origin)
        }
    }
}
