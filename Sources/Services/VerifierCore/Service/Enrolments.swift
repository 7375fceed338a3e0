import Interfaces
import Ristretto255
import ServiceSupport
import Sodium
import Statement

/// Proofs that change the registry: of an enrolment, and of a rotation.
extension Verifier {
    /// Records the enrolment that a proof shows. It serves where it was made: for local callers, or for the device whose
    /// key the challenge names.
    ///
    /// The same proof by a caller who may have it gets the same receipt again, as long as the enrolment was not rotated
    /// or revoked since.
    ///
    /// - Returns: the signed receipt, encoded.
    /// - Throws: as ``verify(proof:from:)``.
    public func register(proof: [UInt8], from submitter: Submitter) async throws(VerifierError) -> [UInt8] {
        let method = ProofMethod(
            roles: [.enrol],
            receipt: { $0 },
            commit: { [self] in try acceptEnrolment($1, $0) }
        )
        return try await judge(proof, from: submitter, by: method)
    }

    /// Replaces a recorded commitment by the one that a proof against it shows, and advances the epoch.
    ///
    /// In one transaction: the challenge is used up, commitment and epoch are compared and swapped, with which every other
    /// challenge of the old epoch is dead, the failed attempts are cleared, the receipt is kept.
    ///
    /// - Returns: the signed receipt, encoded; again the same for the same proof (see ``register(proof:from:)``).
    /// - Throws: as ``verify(proof:from:)``.
    public func rotate(proof: [UInt8], from submitter: Submitter) async throws(VerifierError) -> [UInt8] {
        let method = ProofMethod(
            roles: [.reblind, .refresh, .upgrade],
            receipt: { $0 },
            commit: { [self] in try acceptRotation($1, $0) }
        )
        return try await judge(proof, from: submitter, by: method)
    }

    private func acceptEnrolment(
        _ context: ProofContext,
        _ session: StoreSession
    ) throws -> Result<[UInt8], RefusalReason> {
        guard let commitment = context.checked.newTemplate else { return .failure(.missingTemplate) }
        if let reason = try reason(against: commitment, replacing: nil, session: session) {
            return .failure(reason)
        }
        let challenge = context.challenge
        guard try mayEnrol(challenge.subject, challenge.modality, label: challenge.label, session) else {
            return .failure(.alreadyEnrolled)
        }
        let record = newRecord(context, commitment: commitment, at: session.now)
        // The policy may have changed since the challenge.
        guard policy.accepts(record) else { return .failure(.recordBelowPolicy) }
        if case .remote = context.submission.submitter {
            guard let token = keys.nonces.token(of: challenge.nonce),
                try session.consumeToken(id: token, subject: challenge.subject)
            else { return .failure(.tokenInvalid) }
        }
        let id = try session.insert(record)
        let receipt = try issueReceipt(role: .enrol, record: record, id: id, context: context, session: session)
        try note(.enrolled, record, reason: context.verdict.rawValue, context, session)
        return .success(receipt)
    }

    private func acceptRotation(
        _ context: ProofContext,
        _ session: StoreSession
    ) throws -> Result<[UInt8], RefusalReason> {
        guard var record = context.record else { return .failure(.decoy) }
        guard let commitment = context.checked.newTemplate else { return .failure(.missingTemplate) }
        if let reason = try reason(against: commitment, replacing: record.commitment, session: session) {
            return .failure(reason)
        }
        if let reason = advance(&record, context) { return .failure(reason) }
        let role = context.challenge.role
        record.commitment = commitment
        record.updated = session.now.unixSeconds
        _ = record.bind(to: context.binding)
        try session.remember(commitment)
        try session.update(record)
        let receipt = try issueReceipt(role: role, record: record, id: record.id, context: context, session: session)
        try note(.rotated, record, reason: role.name, context, session)
        return .success(receipt)
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

    private func newRecord(
        _ context: ProofContext,
        commitment: CompressedRistretto,
        at now: ClockReading
    ) -> EnrolmentRecord {
        let challenge = context.challenge
        let device: EnrolledDevice =
            switch context.binding {
            case .connection: .local
            case .clientKey(let key): .key(key)
            }
        return EnrolmentRecord(
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
            created: now.unixSeconds,
            device: device
        )
    }

    /// What a rotation changes of a record beside the commitment.
    ///
    /// - Returns: the reason not to.
    private func advance(_ record: inout EnrolmentRecord, _ context: ProofContext) -> RefusalReason? {
        let challenge = context.challenge
        if challenge.role.replacesTemplate {
            // Whoever later answers as biometric must have been seen by a sensor when he came in.
            guard record.sensorKey == nil || context.verdict == .biometric else { return .possessionOnly }
            guard record.refreshes < policy.maximumRefreshes else { return .refreshLimit }
            record.refreshes += 1
            record.samples = challenge.samples
        }
        let (epoch, overflow) = record.epoch.addingReportingOverflow(1)
        guard !overflow, epoch <= UInt64(Int64.max) else { return .staleEpoch }
        record.epoch = epoch
        if challenge.role == .upgrade {
            (record.model, record.dimension) = (challenge.model, challenge.dimension)
            (record.threshold, record.minimumNorm) = (challenge.threshold, challenge.minimumNorm)
            // The policy may have changed since the challenge.
            guard policy.accepts(record) else { return .recordBelowPolicy }
        }
        return nil
    }

    /// Signs a receipt, and keeps it so that it can be fetched again.
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
                proofDigest: context.submission.digest,
                binding: context.binding,
                encoded: signed.bytes,
                created: session.now.unixSeconds
            )
        )
        return signed.bytes
    }

    private func note(
        _ kind: AuditEvent.Kind,
        _ record: EnrolmentRecord,
        reason: String,
        _ context: ProofContext,
        _ session: StoreSession
    ) throws {
        try session.record(
            kind,
            subject: record.subject,
            modality: record.modality.name,
            label: record.label,
            purpose: context.challenge.purpose,
            reason: reason,
            origin: context.origin
        )
    }
}

extension EnrolmentRecord {
    /// Binds a record that serves any device to the one that has just proved that it holds the template.
    ///
    /// - Returns: whether that changed anything.
    mutating func bind(to binding: Binding) -> Bool {
        guard device == .unbound, case .clientKey(let key) = binding else { return false }
        device = .key(key)
        return true
    }
}
