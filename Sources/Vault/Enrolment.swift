import Ristretto255

/// One enrolment as the vault records it, without its openings.
public struct Enrolment: Equatable, Sendable {
    public enum State: String, Sendable {
        /// The verifier has not confirmed the enrolment yet.
        case pending
        case active
    }

    /// A template's public side.
    public struct Template: Equatable, Sendable {
        public let commitment: CompressedRistretto
        public let epoch: UInt64

        public init(commitment: CompressedRistretto, epoch: UInt64) {
            self.commitment = commitment
            self.epoch = epoch
        }
    }

    public let key: EnrolmentKey
    /// The subject's uid when he enrolled.
    public let uid: UInt32
    public let policy: PinnedPolicy
    /// Seconds since 1970-01-01 00:00 UTC.
    public let created: Int64
    /// How many refreshes the template has behind it.
    public let refreshes: Int
    /// The template in force; nil while the enrolment is pending.
    public let current: Template?
    /// The template that a receipt would put in force.
    public let pending: Template?
    /// What the waiting template of an upgrade pins instead of `policy`; nil where it pins the same.
    public let pendingPolicy: PinnedPolicy?

    /// What the template that a challenge names is pinned to.
    public func policy(of template: Template?) -> PinnedPolicy {
        template != nil && template == pending ? pendingPolicy ?? policy : policy
    }

    public var state: State { current == nil ? .pending : .active }
}
