import MatchProof
import Ristretto255
import ServiceSupport
import Sodium

extension Verifier {
    /// What a transaction decided about a request for a challenge.
    private enum Issue: Sendable {
        case issued([UInt8])
        case denied(VerifierError)
    }

    /// A challenge for a login.
    ///
    /// Over HTTP an unknown subject gets a challenge like any other (a decoy, the same one's commitment each time), and
    /// is counted like any other.
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

    /// A challenge whose proof compares a sample with the recorded template.
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
        // Made for everybody, so that the time it takes tells nothing.
        let decoy = keys.decoys.enrolment(subject: subject, modality: modality, label: label, policy: policy)
        let pseudonym = keys.decoys.pseudonym(of: subject)

        let issue = try await session { [self] session -> Issue in
            let record = try session.activeEnrolment(subject: subject, modality: modality, label: label)
            let isKnown = try record != nil || session.isEnrolled(subject: subject)
            let name = loggedName(of: subject, known: isKnown)
            if case .local = requester {
                guard let record, policy.accepts(record) else { return .denied(.notEnrolled) }
                if role.replacesTemplate, record.refreshes >= policy.maximumRefreshes {
                    return .denied(.notAuthorized)
                }
            }
            var model: AllowedModel
            let template: CompressedRistretto
            let epoch: UInt64
            let assurance: Assurance
            let shownLabel: String
            if let record {
                guard
                    let recorded = AllowedModel(
                        identity: record.model,
                        modality: record.modality,
                        dimension: record.dimension,
                        threshold: record.threshold,
                        minimumNorm: record.minimumNorm
                    )
                else { return .denied(.storageFailure) }
                (model, template, epoch) = (recorded, record.commitment, record.epoch)
                (assurance, shownLabel) = (record.assurance, record.label)
            } else if let decoy {
                (model, template, epoch) = (decoy.model, decoy.commitment, decoy.epoch)
                (assurance, shownLabel) = (decoy.assurance, decoy.label)
            } else {
                return .denied(.badRequest)  // no model of this modality: nobody can be enrolled under it
            }
            for (kind, key) in [(AttemptCounter.Kind.subject, pseudonym), (.commitment, template.bytes)] {
                switch try session.decision(kind, key: key, limiter: policy.attempts) {
                case .allowed: continue
                case .wait(let seconds):
                    try session.record(.lockedOut, subject: name, reason: kind.rawValue, origin: requester.origin)
                    return .denied(.lockedOut(retryAfterSeconds: seconds))
                case .locked:
                    try session.record(.lockedOut, subject: name, reason: "hard limit", origin: requester.origin)
                    return .denied(.lockedOut(retryAfterSeconds: -1))
                }
            }
            var previous: AllowedModel?
            if role == .upgrade {
                guard let newest = policy.model(for: model.modality), newest.identity != model.identity,
                    newest.supports(assurance)
                else {
                    // It says which model the template is of, as any challenge does, and is counted like one.
                    try session.countIssued(.subject, key: pseudonym, known: isKnown)
                    try session.countIssued(.commitment, key: template.bytes, known: record != nil)
                    try session.record(
                        .challenge,
                        subject: name,
                        reason: "nothing to upgrade",
                        origin: requester.origin
                    )
                    return .denied(.nothingToUpgrade)
                }
                (model, previous) = (newest, model)
            }

            guard try session.outstandingChallenges(like: binding) < limits.outstandingChallenges else {
                return .denied(.busy)
            }

            let draft = ChallengeDraft(
                role: role,
                subject: subject,
                purpose: purpose,
                label: shownLabel,
                template: template,
                epoch: epoch,
                model: model,
                previous: previous,
                assurance: assurance,
                samples: samples,
                clientKey: clientKey
            )
            let signed = try sign(draft, at: session.now)
            try session.insert(
                ChallengeRecord(
                    signed: signed,
                    subjectPseudonym: pseudonym,
                    enrolment: record?.id,
                    binding: binding,
                    token: nil,
                    issued: session.now
                )
            )
            try session.countIssued(.subject, key: pseudonym, known: isKnown)
            try session.countIssued(.commitment, key: template.bytes, known: record != nil)
            try session.record(
                .challenge,
                subject: name,
                modality: model.modality.name,
                label: isKnown ? shownLabel : nil,
                reason: role.name,
                origin: requester.origin
            )
            return .issued(signed.bytes)
        }
        switch issue {
        case .issued(let bytes): return bytes
        case .denied(let error): throw error
        }
    }

    /// A challenge for a new enrolment.
    ///
    /// - Parameters:
    ///   - samples: 1...5.
    ///   - assurance: at least the policy's, which nil stands for; for remote callers no other.
    ///   - enrolmentToken: what entitles a remote client; ignored for local callers, who are authorised by their uid.
    /// - Throws: `badRequest`, `notAuthorized`, `alreadyEnrolled`, `busy`, `storageFailure`.
    public func enrolChallenge(
        subject: String,
        modality modalityName: String,
        label: String,
        samples: Int,
        assurance assuranceName: String? = nil,
        enrolmentToken: String? = nil,
        for requester: Requester
    ) async throws(VerifierError) -> [UInt8] {
        guard NamedText.isValidSubject(subject), NamedText.isValidLabel(label),
            let modality = Modality(name: modalityName), let model = policy.model(for: modality),
            let assurance = Assurance(name: assuranceName ?? policy.assurance.name),
            checker.assurances.contains(assurance), model.supports(assurance),
            assurance.rawValue >= policy.assurance.rawValue, Role.enrol.sampleRange.contains(samples)
        else { throw .badRequest }
        let (binding, clientKey) = try binding(of: requester)
        let tokenHash: [UInt8]?
        switch requester {
        case .local(_, let uid):
            guard mayManage(subject, uid: uid) else { throw .notAuthorized }
            tokenHash = nil
        case .remote:
            // An enrolment above the policy's assurance would differ from a decoy.
            guard assurance == policy.assurance else { throw .badRequest }
            guard let enrolmentToken else { throw .notAuthorized }
            tokenHash = EnrolmentToken.hash(enrolmentToken)
        case .administrator:
            throw .notAuthorized
        }
        let pseudonym = keys.decoys.pseudonym(of: subject)

        let issue = try await session { [self] session -> Issue in
            var token: Int64?
            if let tokenHash {
                token = try session.useToken(hash: tokenHash, subject: subject)
                guard token != nil else { return .denied(.notAuthorized) }
            }
            guard try session.activeEnrolment(subject: subject, modality: modality, label: label) == nil else {
                return .denied(.alreadyEnrolled)
            }
            let active = try session.enrolments(subject: subject).filter { $0.state == .active }
            guard active.count < policy.maximumEnrolmentsPerSubject else { return .denied(.alreadyEnrolled) }
            guard try session.outstandingChallenges(like: binding) < limits.outstandingChallenges,
                try session.outstandingEnrolments(subjectPseudonym: pseudonym) < limits.outstandingEnrolmentsPerSubject
            else { return .denied(.busy) }
            let draft = ChallengeDraft(
                role: .enrol,
                subject: subject,
                purpose: "enrol",
                label: label,
                template: nil,
                epoch: 0,
                model: model,
                assurance: assurance,
                samples: samples,
                clientKey: clientKey
            )
            let signed = try sign(draft, at: session.now)
            try session.insert(
                ChallengeRecord(
                    signed: signed,
                    subjectPseudonym: pseudonym,
                    enrolment: nil,
                    binding: binding,
                    token: token,
                    issued: session.now
                )
            )
            try session.record(
                .challenge,
                subject: subject,
                modality: modality.name,
                label: label,
                reason: Role.enrol.name,
                origin: requester.origin
            )
            return .issued(signed.bytes)
        }
        switch issue {
        case .issued(let bytes): return bytes
        case .denied(let error): throw error
        }
    }

    /// Signs a challenge under a fresh nonce. One with several samples lives longer in proportion.
    private func sign(_ draft: ChallengeDraft, at now: ClockReading) throws(WireError) -> SignedChallenge {
        let lifetime = policy.challengeLifetime * UInt64(max(1, draft.samples))
        let challenge = try Challenge(
            role: draft.role,
            modality: draft.model.modality,
            assurance: draft.assurance,
            audience: audience,
            verifierKey: keys.signing.publicKey.bytes,
            purpose: draft.purpose,
            subject: draft.subject,
            label: draft.label,
            nonce: SecureRandom.bytes(32),
            clientKey: draft.clientKey,
            template: draft.template,
            epoch: draft.epoch,
            model: draft.model.identity,
            dimension: draft.model.dimension,
            threshold: draft.model.threshold,
            minimumNorm: draft.model.minimumNorm,
            samples: draft.samples,
            issuedAt: now.unixSeconds,
            expiresAt: now.unixSeconds + lifetime,
            previous: draft.previous.map {
                PreviousModel(
                    identity: $0.identity,
                    dimension: $0.dimension,
                    threshold: $0.threshold,
                    minimumNorm: $0.minimumNorm
                )
            }
        )
        return SignedChallenge(signing: challenge, with: keys.signing)
    }

    /// To whom a challenge goes: the connection, or the client key, which must be a usable Ed25519 key.
    private func binding(of requester: Requester) throws(VerifierError) -> (Binding, clientKey: [UInt8]) {
        switch requester {
        case .local(let connection, _):
            return (.connection(connection.bytes), [UInt8](repeating: 0, count: 32))
        case .remote(let clientKey, _):
            guard VerifyingKey(clientKey) != nil else { throw .badRequest }
            return (.clientKey(clientKey), clientKey)
        case .administrator:
            throw .badRequest
        }
    }

    static func modality(_ name: String?) throws(VerifierError) -> Modality? {
        guard let name else { return nil }
        guard let modality = Modality(name: name) else { throw .badRequest }
        return modality
    }
}
