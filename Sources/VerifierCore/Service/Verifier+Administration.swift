import MatchProof
import ServiceSupport
import Sodium

extension Verifier {
    /// The enrolments of a subject; without one, the caller's own, or all of them for root and the administrator.
    ///
    /// - Throws: `badRequest`, `notAuthorized`, `storageFailure`.
    public func list(subject: String?, for requester: Requester) async throws(VerifierError) -> [EnrolmentSummary] {
        if let subject, !NamedText.isValidSubject(subject) { throw .badRequest }
        let wanted: String?
        switch requester {
        case .administrator, .local(_, uid: 0): wanted = subject
        case .local(_, let uid):
            guard let name = subject ?? accounts.name(of: uid) else { return [] }
            guard isAuthorised(uid: uid, for: name) else { throw .notAuthorized }
            wanted = name
        case .remote: throw .notAuthorized
        }
        return try await session { try $0.enrolments(subject: wanted).map(EnrolmentSummary.init) }
    }

    /// Ends an enrolment. Its outstanding challenges die; its commitment is never accepted again.
    ///
    /// - Throws: `badRequest`, `notAuthorized`, `notEnrolled`, `storageFailure`.
    public func revoke(
        subject: String,
        modality modalityName: String,
        label: String,
        for requester: Requester
    ) async throws(VerifierError) {
        guard NamedText.isValidSubject(subject), NamedText.isValidLabel(label),
            let modality = Modality(name: modalityName)
        else { throw .badRequest }
        switch requester {
        case .administrator: break
        case .local(_, let uid): guard mayManage(subject, uid: uid) else { throw .notAuthorized }
        case .remote: throw .notAuthorized
        }
        let isRevoked = try await session { session -> Bool in
            guard var record = try session.activeEnrolment(subject: subject, modality: modality, label: label) else {
                return false
            }
            record.state = .revoked
            record.updated = session.now.unixSeconds
            try session.update(record)
            try session.dropChallenges(enrolment: record.id)
            try session.dropReceipt(enrolment: record.id)
            try session.clearCounter(.commitment, key: record.commitment.bytes)
            try session.record(
                .revoked,
                subject: subject,
                modality: modality.name,
                label: label,
                origin: requester.origin
            )
            return true
        }
        guard isRevoked else { throw .notEnrolled }
    }

    /// Forgets the unanswered challenges of a subject and of all his enrolments, so that he may try again.
    ///
    /// - Throws: `badRequest`, `storageFailure`.
    public func unlock(subject: String) async throws(VerifierError) {
        guard NamedText.isValidSubject(subject) else { throw .badRequest }
        let pseudonym = keys.decoys.pseudonym(of: subject)
        try await session { session in
            try session.clearCounter(.subject, key: pseudonym)
            for record in try session.enrolments(subject: subject) {
                try session.clearCounter(.commitment, key: record.commitment.bytes)
            }
            try session.record(.unlocked, subject: subject, origin: "administrator")
        }
    }

    /// Makes a one-time token that lets a remote client enrol `subject`.
    ///
    /// - Parameter lifetime: seconds, 60...2592000 (30 days).
    /// - Throws: `badRequest`, `storageFailure`.
    public func makeEnrolmentToken(subject: String, lifetime: UInt64) async throws(VerifierError) -> String {
        guard NamedText.isValidSubject(subject), (60...2_592_000).contains(lifetime) else { throw .badRequest }
        let token = EnrolmentToken(for: keys.signing.publicKey.bytes).text
        let hash = EnrolmentToken.hash(token)
        try await session { session in
            try session.insertToken(hash: hash, subject: subject, expires: session.now.unixSeconds + lifetime)
            try session.record(.tokenIssued, subject: subject, origin: "administrator")
        }
        return token
    }
}
