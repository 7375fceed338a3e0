import Ristretto255
import ServiceSupport
import Statement

/// One enrolment as the vault records it, without its openings.
public struct Enrolment: Equatable, Sendable {
    /// Raw values are those that `org.semblance.Prover` lists.
    public enum State: String, Sendable {
        /// The verifier has not confirmed the enrolment yet.
        case pending
        case active
    }

    /// A template's public side.
    public struct Template: Equatable, Sendable {
        /// `C_t`, as in the verifier's record.
        public let commitment: CompressedRistretto
        /// Counts the rotations; 0 for the template of the enrolment.
        public let epoch: UInt64

        public init(commitment: CompressedRistretto, epoch: UInt64) {
            self.commitment = commitment
            self.epoch = epoch
        }
    }

    /// A template that waits for the verifier's receipt.
    public struct Pending: Equatable, Sendable {
        /// The one that the proof yielded.
        public let template: Template
        /// What it pins; another policy than the enrolment's after an upgrade.
        public let policy: PinnedPolicy
    }

    /// Unique in a vault.
    public let key: EnrolmentKey
    /// The subject's uid when he enrolled.
    public let uid: UInt32
    /// Where the verifier was contacted; nil for an enrolment of before origins were pinned that was not used since.
    public let origin: Origin?
    /// What challenges about the template in force must say; those about one that waits, ``policy(of:)``.
    public let policy: PinnedPolicy
    /// Seconds since 1970-01-01 00:00 UTC.
    public let created: Int64
    /// How many refreshes the template has behind it.
    public let refreshes: Int
    /// The template in force; nil while the enrolment is pending.
    public let current: Template?
    /// The templates that a receipt would put in force, the latest first: a caller who gave up waiting may have asked for
    /// another rotation while the verifier was still judging the one before.
    public let pending: [Pending]
    /// The key of the sensor that signed the samples of the enrolment, 32 bytes: a verifier that names no sensors believes no
    /// other for it. Nil where none signed, and for an enrolment of before it was kept.
    public internal(set) var sensorKey: [UInt8]?

    /// Whether this template waits for a receipt.
    public func isPending(_ template: Template) -> Bool {
        pending.contains { $0.template == template }
    }

    /// What the template that a challenge names is pinned to.
    public func policy(of template: Template?) -> PinnedPolicy {
        pending.first { $0.template == template }?.policy ?? policy
    }

    /// `active` as soon as one template was confirmed.
    public var state: State { current == nil ? .pending : .active }
}

/// What an enrolment fixed; a challenge that differs in any of it is refused. Only an upgrade changes it.
public struct PinnedPolicy: Equatable, Sendable {
    /// The Ed25519 key that signs the verifier's challenges, 32 bytes.
    public let verifierKey: [UInt8]
    /// Identity of the embedding network, 32 bytes.
    public let model: [UInt8]
    /// d.
    public let dimension: Int
    /// `num` of `cos^2 >= num / 2^16`.
    public let threshold: UInt16
    /// `E_min`.
    public let minimumNorm: UInt32
    /// What proofs start from; an upgrade keeps it.
    public let assurance: Assurance

    public init(
        verifierKey: [UInt8],
        model: [UInt8],
        dimension: Int,
        threshold: UInt16,
        minimumNorm: UInt32,
        assurance: Assurance
    ) {
        self.verifierKey = verifierKey
        self.model = model
        self.dimension = dimension
        self.threshold = threshold
        self.minimumNorm = minimumNorm
        self.assurance = assurance
    }

    /// The policy that a challenge states for the template that it yields or, where it yields none, asks about.
    public init(_ challenge: Challenge) {
        self.init(
            verifierKey: challenge.verifierKey,
            model: challenge.model,
            dimension: challenge.dimension,
            threshold: challenge.threshold,
            minimumNorm: challenge.minimumNorm,
            assurance: challenge.assurance
        )
    }

    /// The policy that a challenge states for the recorded template.
    public init(recordedIn challenge: Challenge) {
        let previous = challenge.previous
        self.init(
            verifierKey: challenge.verifierKey,
            model: previous?.identity ?? challenge.model,
            dimension: previous?.dimension ?? challenge.dimension,
            threshold: previous?.threshold ?? challenge.threshold,
            minimumNorm: previous?.minimumNorm ?? challenge.minimumNorm,
            assurance: challenge.assurance
        )
    }
}
