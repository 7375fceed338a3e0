import MatchProof
import NeuralNetwork

/// Where the prover gets its samples from.
public protocol SampleSource: Sendable {
    /// What the sensor is.
    func info() async throws(SampleFailure) -> SensorInfo

    /// The key that the sensor signs with for that verifier, 32 bytes.
    func publicKey(audience: String, verifierKey: [UInt8]) async throws(SampleFailure) -> [UInt8]

    /// One sample for the challenge; `index` counts them from 0. Cancelling the task cancels the capture.
    ///
    /// - Parameter models: one per part of the challenge, run on what the sensor committed; not needed at `match`.
    /// - Returns: the sample under the challenge's model and, for an upgrade, the same capture under the previous one.
    func capture(
        _ challenge: SignedChallenge,
        models: [EmbeddingModel],
        index: Int,
        timeout: Duration,
        advise: @escaping @Sendable (String) -> Void
    ) async throws(SampleFailure) -> [MatchProver.Sample]
}
