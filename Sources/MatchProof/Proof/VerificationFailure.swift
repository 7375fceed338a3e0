import Multilinear
import NetworkProof

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
    case interaction
    /// The envelope was decoded without the model that its challenge names.
    case model
    /// A network proof does not fit the shape, or met a degenerate challenge.
    case network(sample: Int, NetworkVerificationError)
    /// The closing argument is malformed for this shape.
    case closing
    /// A group equation does not hold.
    case equation
}
