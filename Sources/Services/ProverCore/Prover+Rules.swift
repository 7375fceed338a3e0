import Interfaces
import Logging
import ServiceSupport
import Statement
import Vault

/// Who may act for whom, and which challenges are answered: what comes before anything is captured.
extension Prover {
    /// The subject's uid, if the caller is the subject or root.
    ///
    /// - Parameter mayBeGone: whether root may name a subject whose account does not exist any more.
    func authorise(
        _ subject: String,
        _ request: Request,
        mayBeGone: Bool = false
    ) throws(ProverFailure) -> UInt32 {
        guard let uid = accounts.uid(subject) else {
            if mayBeGone, request.peer == 0 { return UInt32.max }
            throw .notAuthorized
        }
        guard request.peer == 0 || request.peer == uid else { throw .notAuthorized }
        return uid
    }

    /// Enrolling, refreshing and revoking is root's, unless the configuration trusts the subject with it: whoever sits
    /// down at an unlocked session must not be able to add his own face.
    func authoriseChange(_ request: Request) throws(ProverFailure) {
        guard request.peer == 0 || settings.selfEnrol else { throw .notAuthorized }
    }

    /// The active enrolment whose template the challenge is about, after every check.
    func settledEnrolment(
        _ signed: SignedChallenge,
        roles: Set<Role>,
        _ origin: Origin,
        uid: UInt32,
        _ request: Request
    ) throws(ProverFailure) -> Enrolment {
        let enrolment = try acceptedEnrolment(signed, roles: roles, origin, uid: uid, request)
        if let reason = staleness(of: signed.challenge, enrolment) {
            throw refusal(reason, signed.challenge.audience, request)
        }
        try checkAttempt(signed.challenge)
        return enrolment
    }

    /// The active enrolment that the challenge names, after all checks of who asks and how strictly. A challenge that
    /// names the pending template and is signed by the pinned key proves that the verifier recorded it, so the template
    /// is put in force.
    func acceptedEnrolment(
        _ signed: SignedChallenge,
        roles: Set<Role>,
        _ origin: Origin,
        uid: UInt32,
        _ request: Request
    ) throws(ProverFailure) -> Enrolment {
        let key = EnrolmentKey(signed.challenge)
        let check = ChallengeCheck(now: now())
        try refusing(signed, request) { () throws(ChallengeRefusal) in try check.general(signed, roles: roles) }
        guard let enrolment = try storing({ () throws(VaultError) in try vault.enrolment(key) }) else {
            // A verifier that is not the one it should be is told first: it may just not know the right label.
            try checkNewVerifier(signed, origin, uid: uid, request)
            throw .notEnrolled
        }
        try checkVerifier(signed, origin, uid: uid, request) { pins throws(VerifierPins.Refusal) in
            try pins.checkUse(signed.challenge, at: origin, of: enrolment)
        }
        try refusing(signed, request) { () throws(ChallengeRefusal) in
            try check.pinned(signed, enrolment, uid: uid)
        }
        return try settled(enrolment, by: signed, request)
    }

    /// The enrolment with its pending template put in force, if the challenge names that.
    private func settled(
        _ enrolment: Enrolment,
        by signed: SignedChallenge,
        _ request: Request
    ) throws(ProverFailure) -> Enrolment {
        var enrolment = enrolment
        let named = signed.challenge.template.map {
            Enrolment.Template(commitment: $0, epoch: signed.challenge.epoch)
        }
        if let named, enrolment.isPending(named) {
            let key = enrolment.key
            try storing { () throws(VaultError) in try vault.commit(key, named) }
            log("template committed on a challenge that names it", signed, request)
            guard let settled = try storing({ () throws(VaultError) in try vault.enrolment(key) }) else {
                throw .notEnrolled
            }
            enrolment = settled
        }
        guard enrolment.current != nil else { throw .notEnrolled }
        return enrolment
    }

    /// Why the challenge is not about the template in force; nil if it is.
    func staleness(of challenge: Challenge, _ enrolment: Enrolment) -> ChallengeRefusal? {
        guard enrolment.current?.commitment == challenge.template else { return .template }
        return enrolment.current?.epoch == challenge.epoch ? nil : .epoch
    }

    /// Whether the challenge may still be answered; its signature was checked before.
    func checkIsCurrent(_ signed: SignedChallenge, _ request: Request) throws(ProverFailure) {
        guard now() < signed.challenge.expiresAt else {
            throw refusal(.expired, signed.challenge.audience, request)
        }
    }

    func refusing(
        _ signed: SignedChallenge,
        _ request: Request,
        _ check: () throws(ChallengeRefusal) -> Void
    ) throws(ProverFailure) {
        do {
            try check()
        } catch {
            throw refusal(error, signed.challenge.audience, request)
        }
    }

    /// The one error for all reasons; the log has the reason.
    func refusal(_ reason: ChallengeRefusal, _ audience: String, _ request: Request) -> ProverFailure {
        logger.warning(
            "challenge refused",
            metadata: [
                "peer": "\(request.peer)", "audience": "\(audience)", "outcome": "refused",
                "reason": "\(reason.rawValue)",
            ]
        )
        return .challengeRefused
    }
}
