import MatchProof
import ServiceSupport
import Sodium

extension Verifier {
    /// The enrolments of a subject; without one, the caller's own, or all of them for root and the administrator. Logins
    /// do not wait for it.
    ///
    /// - Throws: `badRequest`, `notAuthorized`, `storageFailure`.
    public func list(subject: String?, for requester: Requester) async throws(VerifierError) -> [EnrolmentSummary] {
        var (all, next): ([EnrolmentSummary], String?) = ([], nil)
        repeat {
            let page = try await list(subject: subject, after: next, for: requester)
            all += page.enrolments
            next = page.next
        } while next != nil
        return all
    }

    /// One page of ``list(subject:for:)``.
    ///
    /// - Parameters:
    ///   - limit: 1 to ``EnrolmentPage/maximumCount``.
    ///   - after: the ``EnrolmentPage/next`` of the page before.
    /// - Throws: `badRequest`, `notAuthorized`, `storageFailure`.
    public func list(
        subject: String?,
        limit: Int = EnrolmentPage.maximumCount,
        after: String?,
        for requester: Requester
    ) async throws(VerifierError) -> EnrolmentPage {
        if let subject, !NamedText.isValidSubject(subject) { throw .badRequest }
        guard (1...EnrolmentPage.maximumCount).contains(limit), let start = Int64(after ?? "0"), start >= 0 else {
            throw .badRequest
        }
        let wanted: String?
        switch requester {
        case .administrator, .local(_, uid: 0): wanted = subject
        case .local(_, let uid):
            guard let name = subject ?? accounts.name(uid) else { return EnrolmentPage(enrolments: [], next: nil) }
            guard isAuthorised(uid: uid, for: name) else { throw .notAuthorized }
            wanted = name
        case .remote: throw .notAuthorized
        }
        return try await reading { [self] session -> EnrolmentPage in
            let records = try session.enrolments(subject: wanted, after: start, limit: limit)
            return EnrolmentPage(
                enrolments: try records.map { try summary($0, session) },
                next: records.count == limit ? records.last.map { "\($0.id)" } : nil
            )
        }
    }

    private func summary(_ record: EnrolmentRecord, _ session: StoreSession) throws -> EnrolmentSummary {
        let key = attemptKey(of: record)
        let failures = try session.attempts(key)?.failures ?? 0
        let decision = try session.decision(key, limiter: policy.attempts)
        return EnrolmentSummary(record, failures: failures, lock: LockState(decision))
    }

    /// The counter that an enrolment's attempts are counted by.
    private func attemptKey(of record: EnrolmentRecord) -> AttemptKey {
        if case .key(let device) = record.device { return attemptKey(subject: record.subject, device: device) }
        return attemptKey(subject: record.subject, device: nil)
    }

    /// Ends an enrolment. Its outstanding challenges are dead; its commitment is never accepted again.
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
            try session.dropReceipt(enrolment: record.id)
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

    /// Forgets the failed attempts of a subject, the local ones and those of each of his devices, so that he may try
    /// again.
    ///
    /// - Throws: `badRequest`, `notAuthorized` (all but root and the administrator), `storageFailure`.
    public func unlock(subject: String, for requester: Requester = .administrator) async throws(VerifierError) {
        guard NamedText.isValidSubject(subject) else { throw .badRequest }
        try requireAdministrator(requester)
        try await session { [self] session in
            try session.clearAttempts(attemptKey(subject: subject, device: nil))
            for record in try session.enrolments(subject: subject) {
                try session.clearAttempts(attemptKey(of: record))
            }
            try session.record(.unlocked, subject: subject, origin: requester.origin)
        }
    }

    /// Forgets everybody's failed attempts.
    ///
    /// - Throws: `storageFailure`.
    public func unlockAll() async throws(VerifierError) {
        try await session { session in
            try session.clearAllAttempts()
            try session.record(.unlocked, subject: "", reason: "all", origin: Requester.administrator.origin)
        }
    }

    private func requireAdministrator(_ requester: Requester) throws(VerifierError) {
        switch requester {
        case .administrator, .local(_, uid: 0): return
        case .local, .remote: throw .notAuthorized
        }
    }

    /// Lines of the audit table after row `id`, oldest first.
    ///
    /// - Parameter subject: only his, if given.
    /// - Throws: `storageFailure`.
    public func auditEvents(
        after id: Int64,
        subject: String? = nil,
        limit: Int = 1000
    ) async throws(VerifierError) -> [AuditEvent] {
        try await reading { try $0.auditTrail.events(after: id, subject: subject, limit: limit) }
    }

    /// The row before the last `count` lines of the audit table.
    ///
    /// - Throws: `storageFailure`.
    public func auditPosition(beforeLast count: Int) async throws(VerifierError) -> Int64 {
        try await reading { try $0.auditTrail.idBefore(last: count) }
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
