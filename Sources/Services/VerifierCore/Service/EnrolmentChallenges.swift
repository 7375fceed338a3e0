import Interfaces
import ServiceSupport
import Statement

/// Challenges for new enrolments. A request is *checked* without the database; a local one is *decided* on a snapshot of it,
/// a remote one in a transaction that counts it against its token.
extension Verifier {
    /// A challenge for a new enrolment.
    ///
    /// - Parameters:
    ///   - samples: 1...5.
    ///   - assurance: at least the policy's, which nil stands for; for remote callers no other.
    ///   - enrolmentToken: what entitles a remote client; ignored for local callers, who are authorised by their uid.
    /// - Throws: `badRequest`, `notAuthorized`, `alreadyEnrolled`, `busy`, `storageFailure`.
    public func enrolChallenge(
        subject: String,
        modality: String,
        label: String,
        samples: Int,
        assurance: String? = nil,
        enrolmentToken: String? = nil,
        for requester: Requester
    ) async throws(VerifierError) -> [UInt8] {
        let (draft, binding) = try check(
            subject: subject,
            modality: modality,
            label: label,
            samples: samples,
            assurance: assurance,
            for: requester
        )
        let issue: ChallengeIssue
        switch requester {
        case .local(_, let uid):
            guard mayManage(subject, uid: uid) else { throw .notAuthorized }
            issue = try await decideLocally(draft, binding)
        case .remote:
            // An enrolment above the policy's assurance would differ from a decoy.
            guard draft.assurance == policy.assurance else { throw .badRequest }
            guard let enrolmentToken else { throw .notAuthorized }
            let hash = EnrolmentToken.hash(enrolmentToken)
            issue = try await decideRemotely(draft, binding, tokenHash: hash, origin: requester.origin)
        case .administrator:
            throw .notAuthorized
        }
        switch issue {
        case .issued(let challenges): return challenges[0]
        case .denied(let error): throw error
        case .lockedOut(let seconds): throw .lockedOut(retryAfterSeconds: seconds)
        }
    }

    private func check(
        subject: String,
        modality modalityName: String,
        label: String,
        samples: Int,
        assurance assuranceName: String?,
        for requester: Requester
    ) throws(VerifierError) -> (ChallengeDraft, Binding) {
        guard NamedText.isValidSubject(subject), NamedText.isValidLabel(label),
            let modality = Modality(name: modalityName), let model = policy.model(for: modality),
            let assurance = Assurance(name: assuranceName ?? policy.assurance.name),
            checker.assurances.contains(assurance), model.supports(assurance),
            assurance.rawValue >= policy.assurance.rawValue, Role.enrol.sampleRange.contains(samples)
        else { throw .badRequest }
        let (binding, clientKey) = try binding(of: requester)
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
        return (draft, binding)
    }

    private func decideLocally(_ draft: ChallengeDraft, _ binding: Binding) async throws(VerifierError)
        -> ChallengeIssue
    {
        try await reading { [self] session -> ChallengeIssue in
            guard try mayEnrol(draft, session) else { return .denied(.alreadyEnrolled) }
            return .issued(try sign([draft], for: binding, at: session))
        }
    }

    /// A remote enrolment's challenge, counted against its token.
    private func decideRemotely(
        _ draft: ChallengeDraft,
        _ binding: Binding,
        tokenHash: [UInt8],
        origin: String
    ) async throws(VerifierError) -> ChallengeIssue {
        // A guess costs no write.
        let exists = try await reading { try $0.usableToken(hash: tokenHash, subject: draft.subject) != nil }
        guard exists else { return .denied(.notAuthorized) }
        return try await session { [self] session -> ChallengeIssue in
            guard let token = try session.useToken(hash: tokenHash, subject: draft.subject) else {
                return .denied(.notAuthorized)
            }
            guard try mayEnrol(draft, session) else { return .denied(.alreadyEnrolled) }
            try session.record(
                .challenge,
                subject: draft.subject,
                modality: draft.model.modality.name,
                label: draft.label,
                purpose: draft.purpose,
                reason: draft.role.name,
                origin: origin
            )
            return .issued(try sign([draft], for: binding, token: token, at: session))
        }
    }

    private func mayEnrol(_ draft: ChallengeDraft, _ session: StoreSession) throws -> Bool {
        try mayEnrol(draft.subject, draft.model.modality, label: draft.label, session)
    }

    /// Whether a subject may have one more enrolment, under this label. Challenges are kept nowhere, so this is asked again
    /// when one is answered.
    func mayEnrol(
        _ subject: String,
        _ modality: Modality,
        label: String,
        _ session: StoreSession
    ) throws -> Bool {
        let existing = try session.activeEnrolment(subject: subject, modality: modality, label: label)
        guard existing == nil else { return false }
        let active = try session.enrolments(subject: subject).filter { $0.state == .active }
        return active.count < policy.maximumEnrolmentsPerSubject
    }
}
