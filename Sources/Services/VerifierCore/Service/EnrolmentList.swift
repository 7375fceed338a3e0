import Encoding
import Interfaces
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
    func attemptKey(of record: EnrolmentRecord) -> AttemptKey {
        if case .key(let device) = record.device { return attemptKey(subject: record.subject, device: device) }
        return attemptKey(subject: record.subject, device: nil)
    }
}

/// Some enrolments of a list that may be long.
public struct EnrolmentPage: Equatable, Sendable {
    /// How many a page has at most.
    public static let maximumCount = 1000

    /// In the order in which they were made; at most ``maximumCount``.
    public let enrolments: [EnrolmentSummary]
    /// What to ask for the next page with; nil for the last one.
    public let next: String?
}

/// An enrolment as it is shown to its owner and to the administrator.
public struct EnrolmentSummary: Equatable, Sendable {
    /// Its number, by which a list goes on.
    let id: Int64
    /// The account.
    public let subject: String
    /// `face` or `fingerprint`.
    public let modality: String
    /// The name that the subject gave it.
    public let label: String
    /// The model's identity in hexadecimal.
    public let model: String
    /// `match`, `head` or `full`.
    public let assurance: String
    /// How often it was rotated.
    public let epoch: UInt64
    /// `active` or `revoked`.
    public let state: String
    /// Seconds since 1970-01-01 UTC.
    public let created: UInt64
    /// `local`, `any` (not bound to a device yet), or the device's key in hexadecimal.
    public let device: String
    /// Failed attempts since the last success: the device's, or all local ones of the subject.
    public let failures: Int
    /// Whether the next attempt under it is accepted.
    public let lock: LockState

    init(_ record: EnrolmentRecord, failures: Int, lock: LockState) {
        self.id = record.id
        self.subject = record.subject
        self.modality = record.modality.name
        self.label = record.label
        self.model = Hexadecimal.encode(record.model)
        self.assurance = record.assurance.name
        self.epoch = record.epoch
        self.state = record.state.rawValue
        self.created = record.created
        self.device =
            switch record.device {
            case .local: "local"
            case .unbound: "any"
            case .key(let key): Hexadecimal.encode(key)
            }
        self.failures = failures
        self.lock = lock
    }

    /// As the interfaces write it.
    public var json: JSON {
        [
            "subject": .string(subject), "modality": .string(modality), "label": .string(label),
            "model": .string(model), "assurance": .string(assurance), "epoch": .integer(Int64(clamping: epoch)),
            "state": .string(state), "created": .integer(Int64(clamping: created)), "device": .string(device),
            "failures": .integer(Int64(failures)), "retryAfterSeconds": .integer(Int64(lock.retryAfterSeconds)),
        ]
    }
}

/// Whether somebody's next attempt is accepted.
public enum LockState: Equatable, Sendable {
    case open
    /// Not before this many seconds (at least 1) have passed.
    case waiting(seconds: Int)
    /// Not before an administrator unlocks.
    case locked

    init(_ decision: AttemptLimiter.Decision) {
        switch decision {
        case .allowed: self = .open
        case .wait(let seconds): self = .waiting(seconds: seconds)
        case .locked: self = .locked
        }
    }

    /// Seconds to wait, 0 for none, -1 for as long as nobody unlocks.
    public var retryAfterSeconds: Int {
        switch self {
        case .open: 0
        case .waiting(let seconds): seconds
        case .locked: -1
        }
    }
}
