import IntegerNetwork

/// What an administrator decides about the prover.
public struct ProverSettings: Sendable {
    /// Whether a user who is not root may enrol, refresh and revoke his own templates.
    public var selfEnrol = false
    /// Verifiers by audience. One of these audiences is accepted with that key and, where they are listed, at these
    /// origins only; other audiences are pinned at their first enrolment.
    public var verifiers: [String: VerifierPin] = [:]
    /// How long to wait for each sample.
    public var captureTimeout: Duration = .seconds(20)
    /// What proofs of assurance `head` and `full` need: the networks that verifiers may name.
    public var models: [EmbeddingModel] = []

    /// Who waits for the sensor, and how long.
    var queue = CaptureQueue.Limits()
    /// How long sensors wait for one another.
    var race = SensorRaceLimits()
    /// How often a subject may succeed.
    var budget = ProofBudget.Limits()
    /// Confirmation agents and their questions.
    var consent = ConsentDesk.Limits()
    /// How long nobody is asked again after a no.
    var refusals = RefusalBackoff.Limits()

    public init() {}
}
