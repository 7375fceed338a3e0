import Commitments
import Models

/// What one capture gives a prover: a committed embedding, the sensor's signature on what the proof starts from, where
/// there is one, and the run of the network. Secret.
public struct CommittedSample: Sendable {
    public let opening: EmbeddingOpening
    public let attestation: SensorAttestation?
    /// How the embedding came about; needed at `head` and `full`.
    public let network: NetworkEvidence?

    public init(
        opening: EmbeddingOpening,
        attestation: SensorAttestation?,
        network: NetworkEvidence? = nil
    ) {
        self.opening = opening
        self.attestation = attestation
        self.network = network
    }
}

/// How a sample's embedding came about: the committed start block and the run of the network. Secret.
public struct NetworkEvidence: Sendable {
    public let start: StartOpening
    public let trace: NetworkTraceValues

    public init(start: StartOpening, trace: NetworkTraceValues) {
        self.start = start
        self.trace = trace
    }
}
