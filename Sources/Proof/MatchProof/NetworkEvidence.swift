import NetworkProof

/// How a sample's embedding came about: the committed start block and the run of the network. Secret.
public struct NetworkEvidence: Sendable {
    public let start: StartOpening
    public let trace: NetworkTraceValues

    public init(start: StartOpening, trace: NetworkTraceValues) {
        self.start = start
        self.trace = trace
    }
}

extension NetworkContext {
    init(
        _ challenge: SignedChallenge,
        sample: Int,
        _ attestation: SensorAttestation?,
        _ model: PublishedModel,
        start: Int
    ) {
        self.init(
            challenge: challenge.bytes,
            attestation: attestation?.encode() ?? [],
            model: model.identity,
            sample: sample,
            start: start
        )
    }
}
