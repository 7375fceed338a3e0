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
    /// - Parameter model: the challenge's, which is run on what the sensor committed; not needed at `match`.
    func capture(
        _ challenge: SignedChallenge,
        model: EmbeddingModel?,
        index: Int,
        timeout: Duration,
        advise: @escaping @Sendable (String) -> Void
    ) async throws(SampleFailure) -> MatchProver.Sample
}
