import Ristretto255
import Statement

/// A proof that a `MatchVerifier` accepted. Only the verifier makes values of this type.
public struct VerifiedProof: Sendable {
    /// What was asked, signed by the verifier's key.
    public let challenge: Challenge
    /// What is established.
    public let verdict: Verdict
    /// What to record as the template: the sum of the embedding rows, or the re-blinded commitment.
    public let newTemplate: CompressedRistretto?
    /// The key that attested the samples; nil for `possession`.
    public let sensorKey: [UInt8]?

    init(challenge: Challenge, verdict: Verdict, newTemplate: CompressedRistretto?, sensorKey: [UInt8]?) {
        self.challenge = challenge
        self.verdict = verdict
        self.newTemplate = newTemplate
        self.sensorKey = sensorKey
    }
}
