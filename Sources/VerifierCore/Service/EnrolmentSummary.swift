import Sodium
import Varlink

/// An enrolment as it is shown to its owner and to the administrator.
public struct EnrolmentSummary: Equatable, Sendable {
    /// Its number, by which a list goes on.
    let id: Int64
    public let subject: String
    public let modality: String
    public let label: String
    /// The model's identity in hexadecimal.
    public let model: String
    public let assurance: String
    public let epoch: UInt64
    /// `active` or `revoked`.
    public let state: String
    /// Seconds since 1970-01-01 UTC.
    public let created: UInt64
    /// `local`, `any` (not bound to a device yet), or the device's key in hexadecimal.
    public let device: String
    /// Failed attempts since the last success: the device's, or all local ones of the subject.
    public let failures: Int
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
