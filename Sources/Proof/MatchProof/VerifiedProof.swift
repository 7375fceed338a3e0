import Bulletproofs
import Commitments
import Multilinear
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

/// Why a proof was not accepted: for the verifier's own log and for tests, never for a peer.
public enum VerificationFailure: Error, Equatable, Sendable {
    /// The challenge is not signed by the expected verifier key.
    case challengeSignature
    /// A sensor's signature does not hold for this challenge and these rows.
    case attestation(sample: Int)
    /// Some samples are attested and some are not, or by different keys.
    case mixedAttestations
    /// The attestations are not by the sensor key on record.
    case sensorKey
    /// A sensor's clock is far from the challenge's validity.
    case attestationTime(sample: Int)
    /// Two samples have the same commitment.
    case repeatedSample
    /// An element is not the encoding of a point.
    case invalidPoint(field: WireError.Field)
    /// The new template is the identity or the old one.
    case newTemplate
    /// The interactive part does not fit the shape or met a degenerate challenge.
    case interaction(InteractionError)
    /// The envelope was decoded without the model that its challenge names.
    case model
    /// A network proof does not fit the shape, or met a degenerate challenge.
    case network(sample: Int, ArgumentError)
    /// The two networks of an upgrade take the same input, but did not start from the same rows.
    case differentStarts(sample: Int)
    /// The closing argument is malformed for this shape.
    case closing(BulletproofError)
    /// A group equation does not hold.
    case equation

    /// Of a match proof, whose rows are decoded before.
    init(_ error: ArgumentError) {
        switch error {
        case .invalidPoint: self = .invalidPoint(field: .openingCommitment)
        case .interaction(let error): self = .interaction(error)
        case .closing(let error): self = .closing(error)
        }
    }
}

extension VerificationFailure: CustomStringConvertible {
    /// In words, naming the check.
    public var description: String {
        switch self {
        case .challengeSignature: "the challenge is not signed by the expected verifier"
        case .attestation(let sample): "the sensor's signature on sample \(sample + 1) does not hold"
        case .mixedAttestations: "not all samples are signed by one sensor"
        case .sensorKey: "the samples are signed by another sensor"
        case .attestationTime(let sample): "sample \(sample + 1) was signed outside the challenge's time"
        case .repeatedSample: "two samples have the same commitment"
        case .invalidPoint(let field): "\(field) is not the encoding of a point"
        case .newTemplate: "the new template is the identity or the old one"
        case .interaction(let error): "the match proof does not fit its shape: \(error)"
        case .model: "the model is not the one that the challenge names"
        case .network(let sample, let error):
            "the network proof of sample \(sample + 1) does not fit its shape: \(error)"
        case .differentStarts(let sample): "sample \(sample + 1) shows the two networks different images"
        case .closing(let error): "the closing argument does not fit its shape: \(error)"
        case .equation: "an equation does not hold"
        }
    }
}
