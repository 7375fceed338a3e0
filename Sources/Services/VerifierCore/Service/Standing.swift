import ServiceSupport
import Sodium
import Statement

/// What a proof's challenge is worth at this moment.
enum Standing {
    /// It may be answered; with the enrolment that it asks about, nil for a new enrolment and for a decoy.
    case good(EnrolmentRecord?)
    case bad(RefusalReason)

    var isGood: Bool {
        if case .good = self { true } else { false }
    }
}

extension Verifier {
    /// Whether a challenge may be answered now, by this caller, in one of these roles.
    func standing(of submission: Submission, session: StoreSession) throws -> Standing {
        let challenge = submission.challenge
        guard keys.nonces.isIssued(challenge, generation: session.clockGeneration) else {
            return .bad(.unknownChallenge)
        }
        guard keys.nonces.isBound(challenge.nonce, to: submission.binding) else { return .bad(.wrongBinding) }
        guard try !desk.isSpent(challenge.nonce) && !session.isConsumed(challenge.nonce) else {
            return .bad(.consumedChallenge)
        }
        guard challenge.isAlive(at: session.now) else { return .bad(.expiredChallenge) }
        guard submission.roles.contains(challenge.role) else { return .bad(.wrongRole) }
        guard challenge.role.usesTemplate, let template = challenge.template else { return .good(nil) }
        let record = try enrolment(of: submission, session)
        guard let record, record.epoch == challenge.epoch, record.commitment == template else {
            // A commitment that is not on record never was an enrolment's: the challenge was a decoy.
            guard try session.isSeen(template) else { return .good(nil) }
            return .bad(record == nil ? .revokedEnrolment : .staleEpoch)
        }
        // What a set's nonce leaves open is what is on record.
        guard record.hasBounds(of: challenge) || challenge.role != .authenticate else {
            return .bad(.unknownChallenge)
        }
        guard policy.accepts(record) else { return .bad(.recordBelowPolicy) }
        return .good(record)
    }

    /// The enrolment that serves this caller under the challenge's names.
    private func enrolment(of submission: Submission, _ session: StoreSession) throws -> EnrolmentRecord? {
        let challenge = submission.challenge
        let (subject, modality, label) = (challenge.subject, challenge.modality, challenge.label)
        guard let device = submission.device else {
            return try session.localEnrolments(subject: subject, modality: modality, label: label).first
        }
        return try session.remoteEnrolments(device: device, subject: subject, modality: modality, label: label).first
    }

    /// Whether only who is enrolled under the challenge's subject, or may become so, can have caused this refusal: who
    /// answers what was issued to himself, and is served by an enrolment of the subject or was until just now. A
    /// challenge for an enrolment was issued for a token, or to who may act for the subject.
    func isOfTheEnrolled(_ submission: Submission, _ reason: RefusalReason, _ session: StoreSession) throws -> Bool {
        let challenge = submission.challenge
        guard keys.nonces.isBound(challenge.nonce, to: submission.binding) else { return false }
        if challenge.role == .enrol || reason == .revokedEnrolment { return true }
        return try session.isEnrolled(subject: challenge.subject, device: submission.device)
    }

    /// A proof is biometric if a believed sensor signed every sample: one of the policy's, or, where the policy names
    /// none, the one that signed the enrolment.
    func verdict(of checked: CheckedProof, record: EnrolmentRecord?) -> Verdict {
        guard let key = checked.attestedBy else { return .possession }
        if !policy.trustedSensorKeys.isEmpty {
            return policy.trustedSensorKeys.contains { $0.bytes == key } ? .biometric : .possession
        }
        guard let record else { return .biometric }
        return record.sensorKey == key ? .biometric : .possession
    }

    /// Whether a kept receipt is for this caller: a local one who may act for the subject, or the remote client that
    /// earned it (whose signature over the proof was checked).
    func mayFetch(
        _ receipt: ReceiptRecord,
        _ submission: Submission,
        _ session: StoreSession
    ) throws -> Bool {
        guard let record = try session.enrolment(id: receipt.enrolment), record.state == .active else { return false }
        switch (submission.submitter, receipt.binding) {
        case (.local(_, let uid), .connection): return isAuthorised(uid: uid, for: record.subject)
        case (.remote, .clientKey(let key)): return key == submission.challenge.clientKey
        default: return false
        }
    }
}

extension Challenge {
    /// Whether it can still be answered. The wall clock may have been put right since it was issued, by as much as goes
    /// unnoticed.
    fileprivate func isAlive(at now: ClockReading) -> Bool {
        now.unixSeconds < expiresAt && issuedAt <= now.unixSeconds + StoreSession.clockTolerance
    }
}

extension EnrolmentRecord {
    /// Whether a challenge is as strict as the record says, by the same network.
    fileprivate func hasBounds(of challenge: Challenge) -> Bool {
        challenge.model == model && challenge.dimension == dimension && challenge.threshold == threshold
            && challenge.minimumNorm == minimumNorm && challenge.assurance == assurance
    }
}
