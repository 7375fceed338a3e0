import IntegerNetwork
import Statement

/// Where the prover gets its samples from.
public protocol SampleSource: Sendable {
    /// What the sensor is. One that is started by the question takes its time to load its models.
    func info(within limit: Duration) async throws(SampleFailure) -> SensorInfo

    /// The key that the sensor signs with for that verifier, 32 bytes.
    func publicKey(audience: String, verifierKey: [UInt8]) async throws(SampleFailure) -> [UInt8]

    /// One capture for a challenge, or for a `ChallengeSet`; `index` counts the samples of a challenge from 0.
    /// Cancelling the task cancels the capture.
    ///
    /// - Parameter models: those of the challenges' parts, run on what the sensor committed; not needed at `match`.
    /// - Returns: a sample for every challenge of the one modality that was captured, in their order; at least one.
    func capture(
        _ challenges: [SignedChallenge],
        models: [EmbeddingModel],
        index: Int,
        timeout: Duration,
        advise: @escaping @Sendable (String) -> Void
    ) async throws(SampleFailure) -> [CapturedSample]
}

/// What one capture gave for one challenge.
public struct CapturedSample: Sendable {
    /// The challenge's place among those of the capture.
    public let challenge: Int
    /// The sample under the challenge's model and, for an upgrade, the same capture under the previous one.
    public let samples: [CommittedSample]

    public init(challenge: Int, samples: [CommittedSample]) {
        self.challenge = challenge
        self.samples = samples
    }
}
