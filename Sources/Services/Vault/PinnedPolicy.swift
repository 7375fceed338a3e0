import Statement

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
