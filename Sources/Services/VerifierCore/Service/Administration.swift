import Interfaces
import ServiceSupport
import Sodium
import Statement

/// What the administrator does, by the command line, over HTTP with his token, or as root on the socket.
extension Verifier {
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
