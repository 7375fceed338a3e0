import MatchProof
import Ristretto255
import ServiceSupport
import Sodium

extension Verifier {
    /// What a challenge is about: an enrolment, or what a decoy pretends.
    fileprivate struct Target: Sendable {
        let model: AllowedModel
        let template: CompressedRistretto
        let epoch: UInt64
        let assurance: Assurance
        let label: String
    }

    /// A request for a challenge whose proof compares a sample with the recorded template.
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

    /// A challenge for a login.
    ///
    /// Over HTTP only an enrolled device gets a challenge about its subject's enrolment. Any other gets a decoy, whoever
    /// the subject is: by the same statements, from the same rule, and always the same one.
    ///
    /// - Parameters:
    ///   - purpose: the service that asks, 1 to 64 bytes.
    ///   - modality, label: nil for the subject's oldest enrolment that fits.
    /// - Returns: the signed challenge, encoded.
    /// - Throws: `badRequest`, `notAuthorized`, `notEnrolled` (locally), `lockedOut`, `busy`, `storageFailure`.
    public func challenge(
        subject: String,
        purpose: String,
        modality: String? = nil,
        label: String? = nil,
        for requester: Requester
    ) async throws(VerifierError) -> [UInt8] {
        guard NamedText.isValidPurpose(purpose) else { throw .badRequest }
        return try await comparison(
            role: .authenticate,
            subject: subject,
            purpose: purpose,
            modality: modality,
            label: label,
            samples: 1,
            for: requester
        )
    }

    /// A challenge for a rotation: `reblind` (one sample, the same template under a fresh blinder), `refresh`
    /// (`samples` samples that match the old template become the new one) or `upgrade` (a refresh whose new template is
    /// of the model that serves new enrolments).
    ///
    /// - Throws: as ``challenge(subject:purpose:modality:label:for:)``; `notAuthorized` also for a refresh or upgrade by
    ///   somebody whom the policy does not let enrol, or beyond `maximumRefreshes`; `nothingToUpgrade` where the template
    ///   is already of that model, or that model cannot be proved at the template's assurance.
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
        return try await comparison(
            role: role,
            subject: subject,
            purpose: "rotate",
            modality: modality,
            label: label,
            samples: samples,
            for: requester
        )
    }

    private func comparison(
        role: Role,
        subject: String,
        purpose: String,
        modality modalityName: String?,
        label: String?,
        samples: Int,
        for requester: Requester
    ) async throws(VerifierError) -> [UInt8] {
        let modality = try Self.modality(modalityName)
        guard NamedText.isValidSubject(subject), label.map(NamedText.isValidLabel) ?? true else { throw .badRequest }
        let (binding, clientKey) = try binding(of: requester)
        if case .local(_, let uid) = requester, !isAuthorised(uid: uid, for: subject) { throw .notAuthorized }
        let request = Comparison(
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
        let issue =
            switch requester {
            case .remote: try await reading { [self] in try issueRemotely(request, session: $0) }
            default: try await reading { [self] in try issueLocally(request, session: $0) }
            }
        switch issue {
        case .issued(let bytes): return bytes
        case .denied(let error): throw error
        case .lockedOut(let seconds):
            try await session { session in
                try session.record(
                    .lockedOut,
                    subject: subject,
                    purpose: purpose,
                    reason: seconds < 0 ? "hard limit" : "delay",
                    origin: requester.origin
                )
            }
            throw .lockedOut(retryAfterSeconds: seconds)
        }
    }

    private func issueLocally(_ request: Comparison, session: StoreSession) throws -> ChallengeIssue {
        let record = try session.localEnrolment(
            subject: request.subject,
            modality: request.modality,
            label: request.label
        )
        guard let record, policy.accepts(record) else { return .denied(.notEnrolled) }
        if request.role.replacesTemplate, record.refreshes >= policy.maximumRefreshes {
            return .denied(.notAuthorized)
        }
        let key = attemptKey(subject: request.subject, device: nil)
        if let seconds = try waiting(key, session) { return .lockedOut(retryAfterSeconds: seconds) }
        guard let target = Target(record) else { return .denied(.storageFailure) }
        return try issue(request, about: target, at: session)
    }

    /// Everything is done for everybody, so that neither the time it takes nor what it does tells who is enrolled.
    private func issueRemotely(_ request: Comparison, session: StoreSession) throws -> ChallengeIssue {
        let decoy = keys.decoys.enrolment(
            subject: request.subject,
            modality: request.modality,
            label: request.label,
            policy: policy,
            profiles: store.unboundProfiles
        )
        let record = try session.remoteEnrolment(
            device: request.clientKey,
            subject: request.subject,
            modality: request.modality,
            label: request.label
        )
        let wait = try waiting(attemptKey(subject: request.subject, device: request.clientKey), session)
        guard let record else {
            // No decoy: no model of this modality, so that nobody can be enrolled under it.
            guard let decoy else { return .denied(.badRequest) }
            return try issue(request, about: Target(decoy), at: session)
        }
        if let wait { return .lockedOut(retryAfterSeconds: wait) }
        guard let target = Target(record) else { return .denied(.storageFailure) }
        return try issue(request, about: target, at: session)
    }

    private func issue(_ request: Comparison, about target: Target, at session: StoreSession) throws -> ChallengeIssue {
        var (model, previous): (AllowedModel, AllowedModel?) = (target.model, nil)
        if request.role == .upgrade {
            guard let newest = policy.model(for: model.modality), newest.identity != model.identity,
                newest.supports(target.assurance)
            else { return .denied(.nothingToUpgrade) }
            (model, previous) = (newest, model)
        }
        let draft = ChallengeDraft(
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
        return .issued(try sign(draft, for: request.binding, at: session).bytes)
    }

    /// Seconds until the next attempt, -1 for never; nil where one may be made.
    private func waiting(_ key: AttemptKey, _ session: StoreSession) throws -> Int? {
        switch try session.decision(key, limiter: policy.attempts) {
        case .allowed: nil
        case .wait(let seconds): seconds
        case .locked: -1
        }
    }

    static func modality(_ name: String?) throws(VerifierError) -> Modality? {
        guard let name else { return nil }
        guard let modality = Modality(name: name) else { throw .badRequest }
        return modality
    }
}

extension Verifier.Target {
    fileprivate init(_ decoy: DecoyEnrolment) {
        self.init(
            model: decoy.model,
            template: decoy.commitment,
            epoch: decoy.epoch,
            assurance: decoy.assurance,
            label: decoy.label
        )
    }

    /// Nil for a record whose bounds nothing could be proved under.
    fileprivate init?(_ record: EnrolmentRecord) {
        guard
            let model = AllowedModel(
                identity: record.model,
                modality: record.modality,
                dimension: record.dimension,
                threshold: record.threshold,
                minimumNorm: record.minimumNorm
            )
        else { return nil }
        self.init(
            model: model,
            template: record.commitment,
            epoch: record.epoch,
            assurance: record.assurance,
            label: record.label
        )
    }
}
