import NeuralNetwork

/// What an administrator decides about the prover.
public struct ProverSettings: Sendable {
    /// Whether a user who is not root may enrol, refresh and revoke his own templates.
    public var selfEnrol = false
    /// Keys of verifiers by audience, 32 bytes each. An enrolment with one of these audiences is accepted from that key
    /// only; other audiences are pinned at their first enrolment.
    public var verifiers: [String: [UInt8]] = [:]
    /// How long to wait for each sample.
    public var captureTimeout: Duration = .seconds(20)
    /// What proofs of assurance `head` and `full` need: the networks that verifiers may name.
    public var models: [EmbeddingModel] = []

    public init() {}
}
