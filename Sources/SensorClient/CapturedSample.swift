import MatchProof

/// What one capture gave for one challenge.
public struct CapturedSample: Sendable {
    /// The challenge's place among those of the capture.
    public let challenge: Int
    /// The sample under the challenge's model and, for an upgrade, the same capture under the previous one.
    public let samples: [MatchProver.Sample]

    public init(challenge: Int, samples: [MatchProver.Sample]) {
        self.challenge = challenge
        self.samples = samples
    }
}
