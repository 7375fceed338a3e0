import Commitments
import Models
import ServiceSupport
import Sodium
import Statement

/// What a verifier demands. It changes only with the configuration, never at a peer's word.
public struct Policy: Sendable {
    /// The networks that are accepted; the first of a modality serves new enrolments. Never empty.
    public let models: [AllowedModel]
    /// The lowest assurance that an enrolment may have.
    public let assurance: Assurance
    /// Whether only a `biometric` verdict counts; otherwise `possession` is accepted and reported as such.
    public let biometricRequired: Bool
    /// How long a challenge for one sample lives, 5...180 seconds. One for five samples lives five times as long, and
    /// provers refuse any that lives longer than 900 seconds.
    public let challengeLifetime: UInt64
    /// Whether a subject may enrol, refresh and revoke for himself.
    public let selfEnrol: Bool
    /// The sensors that are believed. Empty: the key that signed an enrolment is believed for that enrolment.
    public let trustedSensorKeys: [VerifyingKey]
    /// How many refreshes an enrolment may go through before it must be made anew: each may drift by the threshold.
    public let maximumRefreshes: Int
    /// How many active enrolments a subject may have.
    public let maximumEnrolmentsPerSubject: Int
    /// Labels that decoy challenges name where the request left the label open. Never empty.
    public let decoyLabels: [String]
    /// The limits on refused proofs in succession.
    public let attempts: AttemptLimiter

    /// What ``challengeLifetime`` may be, in seconds.
    public static let lifetimeRange: ClosedRange<UInt64> = 5...180

    /// - Throws: ``ConfigurationError/invalid(key:reason:)`` for an empty list or a value out of range.
    public init(
        models: [AllowedModel],
        assurance: Assurance = .match,
        biometricRequired: Bool = true,
        challengeLifetime: UInt64 = 60,
        selfEnrol: Bool = false,
        trustedSensorKeys: [VerifyingKey] = [],
        maximumRefreshes: Int = 10,
        maximumEnrolmentsPerSubject: Int = 16,
        decoyLabels: [String] = ["default"],
        attempts: AttemptLimiter = AttemptLimiter()
    ) throws(ConfigurationError) {
        guard !models.isEmpty else { throw .invalid(key: "policy.models", reason: "names no model") }
        for (index, model) in models.enumerated() where !model.supports(assurance) {
            let reason =
                model.published == nil
                ? "needed for proofs at \(assurance.name)" : "the network cannot be cut for proofs at \(assurance.name)"
            throw .invalid(key: "policy.models.\(index).published", reason: reason)
        }
        guard Self.lifetimeRange.contains(challengeLifetime) else {
            throw .invalid(key: "policy.challengeLifetimeSeconds", reason: "not in 5...180")
        }
        guard (0...1000).contains(maximumRefreshes) else {
            throw .invalid(key: "policy.maximumRefreshes", reason: "not in 0...1000")
        }
        guard (1...1000).contains(maximumEnrolmentsPerSubject) else {
            throw .invalid(key: "policy.maximumEnrolmentsPerSubject", reason: "not in 1...1000")
        }
        guard !decoyLabels.isEmpty, decoyLabels.allSatisfy(NamedText.isValidLabel) else {
            throw .invalid(key: "policy.decoyLabels", reason: "empty, or a label that no enrolment could have")
        }
        self.models = models
        self.assurance = assurance
        self.biometricRequired = biometricRequired
        self.challengeLifetime = challengeLifetime
        self.selfEnrol = selfEnrol
        self.trustedSensorKeys = trustedSensorKeys
        self.maximumRefreshes = maximumRefreshes
        self.maximumEnrolmentsPerSubject = maximumEnrolmentsPerSubject
        self.decoyLabels = decoyLabels
        self.attempts = attempts
    }

    /// The model of a new enrolment; nil where the policy has none of this modality.
    func model(for modality: Modality) -> AllowedModel? {
        models.first { $0.modality == modality }
    }

    /// Whether a record made under an earlier policy still satisfies this one: its model is allowed, and neither its
    /// bounds nor its assurance are weaker than what is asked for today.
    func accepts(_ record: EnrolmentRecord) -> Bool {
        guard record.assurance.rawValue >= assurance.rawValue else { return false }
        return models.contains { model in
            model.identity == record.model && model.modality == record.modality && model.dimension == record.dimension
                && record.threshold >= model.threshold && record.minimumNorm >= model.minimumNorm
                && model.supports(record.assurance)
        }
    }
}

/// An embedding network that the policy accepts, with the bounds that its calibration gave.
public struct AllowedModel: Equatable, Sendable {
    /// Identity of the network, 32 bytes.
    public let identity: [UInt8]
    /// What it is for: a face or a fingerprint.
    public let modality: Modality
    /// Embedding dimension d.
    public let dimension: Int
    /// `num` of `cos^2 >= num / 2^16`.
    public let threshold: UInt16
    /// `E_min`.
    public let minimumNorm: UInt32
    /// The network and the commitments of its weights, which proofs of assurance `head` and `full` are checked against.
    public let published: PublishedModel?

    /// Nil unless the identity has 32 bytes, the bounds are provable (see `MatchBounds`), and the published model, if
    /// there is one, is the one that the other values are about.
    public init?(
        identity: [UInt8],
        modality: Modality,
        dimension: Int,
        threshold: UInt16,
        minimumNorm: UInt32,
        published: PublishedModel? = nil
    ) {
        guard identity.count == 32, threshold >= 1, MatchBounds.dimensions.contains(dimension),
            MatchBounds.isUsable(minimumNorm: minimumNorm, dimension: dimension)
        else { return nil }
        if let published {
            guard published.identity == identity, published.modality == modality.name, published.dimension == dimension
            else { return nil }
        }
        self.identity = identity
        self.modality = modality
        self.dimension = dimension
        self.threshold = threshold
        self.minimumNorm = minimumNorm
        self.published = published
    }

    /// Whether proofs of this assurance can be checked.
    func supports(_ assurance: Assurance) -> Bool {
        assurance == .match || published?.startBlock(at: assurance) != nil
    }
}
