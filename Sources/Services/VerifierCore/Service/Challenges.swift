import Interfaces
import Sodium
import Statement

/// Challenges whose proofs compare a sample with a recorded template: of a login, and of a rotation. A request is *checked*
/// without the database, *decided* on a snapshot of it, and where somebody is locked out that is *recorded*.
extension Verifier {
    /// A request for such a challenge, checked as far as it can be without the database.
    private struct Comparison: Sendable {
        let role: Role
        let subject: String
        let purpose: String
        let modality: Modality?
        let label: String?
        let samples: Int
        let requester: Requester
        let binding: Binding
        /// The client's, or 32 zero bytes for a local one.
        let clientKey: [UInt8]
    }

    /// Challenges for one login, any of which may be answered (`ChallengeSet`): with a label one, without one for each
    /// of the subject's enrolments that fit, oldest first, at most eight.
    ///
    /// Over HTTP only an enrolled device gets challenges about its subject's enrolments. Any other gets one decoy,
    /// whoever the subject is: by the same statements, from the same rule, and always the same one.
    ///
    /// - Parameters:
    ///   - purpose: the service that asks, 1 to 64 bytes.
    ///   - modality, label: nil for any.
    /// - Returns: the signed challenges, encoded; at least one.
    /// - Throws: `badRequest`, `notAuthorized`, `notEnrolled` (locally), `lockedOut`, `busy`, `storageFailure`.
    public func challenges(
        subject: String,
        purpose: String,
        modality: String? = nil,
        label: String? = nil,
        for requester: Requester
    ) async throws(VerifierError) -> [[UInt8]] {
        guard NamedText.isValidPurpose(purpose) else { throw .badRequest }
        let request = try check(
            role: .authenticate,
            subject: subject,
            purpose: purpose,
            modality: modality,
            label: label,
            samples: 1,
            for: requester
        )
        return try await issue(request)
    }

    /// A challenge for a rotation: `reblind` (one sample, the same template under a fresh blinder), `refresh`
    /// (`samples` samples that match the old template become the new one) or `upgrade` (a refresh whose new template is
    /// of the model that serves new enrolments).
    ///
    /// - Throws: as ``challenges(subject:purpose:modality:label:for:)``; `notAuthorized` also for a refresh or upgrade
    ///   by somebody whom the policy does not let enrol, or beyond `maximumRefreshes`; `nothingToUpgrade` where the
    ///   template is already of that model, or that model cannot be proved at the template's assurance.
    public func rotateChallenge(
        subject: String,
        modality: String,
        label: String,
        kind: String,
        samples: Int,
        for requester: Requester
    ) async throws(VerifierError) -> [UInt8] {
        guard let role = Role(name: kind), role == .reblind || role.replacesTemplate,
            role.sampleRange.contains(samples)
        else { throw .badRequest }
        if role.replacesTemplate {
            switch requester {
            case .local(_, let uid) where !mayManage(subject, uid: uid): throw .notAuthorized
            case .remote where !policy.selfEnrol: throw .notAuthorized
            default: break
            }
        }
        let request = try check(
            role: role,
            subject: subject,
            purpose: "rotate",
            modality: modality,
            label: label,
            samples: samples,
            for: requester
        )
        return try await issue(request)[0]
    }

    private func check(
        role: Role,
        subject: String,
        purpose: String,
        modality modalityName: String?,
        label: String?,
        samples: Int,
        for requester: Requester
    ) throws(VerifierError) -> Comparison {
        let modality = try Self.modality(modalityName)
        guard NamedText.isValidSubject(subject), label.map(NamedText.isValidLabel) ?? true else { throw .badRequest }
        let (binding, clientKey) = try binding(of: requester)
        if case .local(_, let uid) = requester, !isAuthorised(uid: uid, for: subject) { throw .notAuthorized }
        return Comparison(
            role: role,
            subject: subject,
            purpose: purpose,
            modality: modality,
            label: label,
            samples: samples,
            requester: requester,
            binding: binding,
            clientKey: clientKey
        )
    }

    private static func modality(_ name: String?) throws(VerifierError) -> Modality? {
        guard let name else { return nil }
        guard let modality = Modality(name: name) else { throw .badRequest }
        return modality
    }

    private func issue(_ request: Comparison) async throws(VerifierError) -> [[UInt8]] {
        let issue = try await reading { [self] session in
            if case .remote = request.requester { return try decideRemotely(request, session) }
            return try decideLocally(request, session)
        }
        switch issue {
        case .issued(let challenges): return challenges
        case .denied(let error): throw error
        case .lockedOut(let seconds):
            try await recordLockOut(request, retryAfterSeconds: seconds)
            throw .lockedOut(retryAfterSeconds: seconds)
        }
    }

    private func recordLockOut(_ request: Comparison, retryAfterSeconds seconds: Int) async throws(VerifierError) {
        try await session { session in
            try session.record(
                .lockedOut,
                subject: request.subject,
                purpose: request.purpose,
                reason: seconds < 0 ? "hard limit" : "delay",
                origin: request.requester.origin
            )
        }
    }
}

// MARK: Decision

extension Verifier {
    private func decideLocally(_ request: Comparison, _ session: StoreSession) throws -> ChallengeIssue {
        let records = try session.localEnrolments(
            subject: request.subject,
            modality: request.modality,
            label: request.label
        ).filter(policy.accepts)
        guard let record = records.first else { return .denied(.notEnrolled) }
        if request.role.replacesTemplate, record.refreshes >= policy.maximumRefreshes {
            return .denied(.notAuthorized)
        }
        let key = attemptKey(subject: request.subject, device: nil)
        if let seconds = try waiting(key, session) { return .lockedOut(retryAfterSeconds: seconds) }
        return try issue(request, about: records, at: session)
    }

    /// Everything is done for everybody, so that neither the time it takes nor what it does tells who is enrolled.
    private func decideRemotely(_ request: Comparison, _ session: StoreSession) throws -> ChallengeIssue {
        let decoy = keys.decoys.enrolment(
            subject: request.subject,
            modality: request.modality,
            label: request.label,
            policy: policy,
            profiles: store.unboundProfiles
        )
        let records = try session.remoteEnrolments(
            device: request.clientKey,
            subject: request.subject,
            modality: request.modality,
            label: request.label
        )
        let wait = try waiting(attemptKey(subject: request.subject, device: request.clientKey), session)
        guard !records.isEmpty else {
            // No decoy: no model of this modality, so that nobody can be enrolled under it.
            guard let decoy else { return .denied(.badRequest) }
            return try issue(request, about: [ChallengeTarget(decoy)], at: session)
        }
        if let wait { return .lockedOut(retryAfterSeconds: wait) }
        let accepted = records.filter(policy.accepts)
        return try issue(request, about: accepted.isEmpty ? Array(records.prefix(1)) : accepted, at: session)
    }

    /// With a label it is about one enrolment, else about as many as a set may have.
    private func issue(
        _ request: Comparison,
        about records: [EnrolmentRecord],
        at session: StoreSession
    ) throws -> ChallengeIssue {
        let count = request.label == nil ? ChallengeSet.maximumCount : 1
        let targets = records.prefix(count).compactMap { ChallengeTarget($0) }
        guard !targets.isEmpty else { return .denied(.storageFailure) }
        return try issue(request, about: targets, at: session)
    }

    private func issue(
        _ request: Comparison,
        about targets: [ChallengeTarget],
        at session: StoreSession
    ) throws -> ChallengeIssue {
        var drafts: [ChallengeDraft] = []
        for target in targets {
            guard let draft = draft(request, about: target) else { return .denied(.nothingToUpgrade) }
            drafts.append(draft)
        }
        return .issued(try sign(drafts, for: request.binding, at: session))
    }

    /// Nil for an upgrade of what is of the newest model already, or could not be proved under it.
    private func draft(_ request: Comparison, about target: ChallengeTarget) -> ChallengeDraft? {
        var (model, previous): (AllowedModel, AllowedModel?) = (target.model, nil)
        if request.role == .upgrade {
            guard let newest = policy.model(for: model.modality), newest.identity != model.identity,
                newest.supports(target.assurance)
            else { return nil }
            (model, previous) = (newest, model)
        }
        return ChallengeDraft(
            role: request.role,
            subject: request.subject,
            purpose: request.purpose,
            label: target.label,
            template: target.template,
            epoch: target.epoch,
            model: model,
            previous: previous,
            assurance: target.assurance,
            samples: request.samples,
            clientKey: request.clientKey
        )
    }

    /// Seconds until the next attempt, -1 for never; nil where one may be made.
    private func waiting(_ key: AttemptKey, _ session: StoreSession) throws -> Int? {
        switch try session.decision(key, limiter: policy.attempts) {
        case .allowed: nil
        case .wait(let seconds): seconds
        case .locked: -1
        }
    }
}
