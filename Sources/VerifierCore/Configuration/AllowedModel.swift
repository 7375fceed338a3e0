import MatchProof
import NetworkProof

/// An embedding network that the policy accepts, with the bounds that its calibration gave.
public struct AllowedModel: Equatable, Sendable {
    /// Identity of the network, 32 bytes.
    public let identity: [UInt8]
    /// What it is for: a face or a fingerprint.
    public let modality: Modality
    /// Embedding dimension d.
    public let dimension: Int
    /// `num` of `cos^2 >= num / 2^16`.
    public let threshold: UInt16
    /// `E_min`.
    public let minimumNorm: UInt32
    /// The network and the commitments of its weights, which proofs of assurance `head` and `full` are checked against.
    public let published: PublishedModel?

    /// Nil unless the identity has 32 bytes, the bounds are provable (see `MatchBounds`), and the published model, if
    /// there is one, is the one that the other values are about.
    public init?(
        identity: [UInt8],
        modality: Modality,
        dimension: Int,
        threshold: UInt16,
        minimumNorm: UInt32,
        published: PublishedModel? = nil
    ) {
        guard identity.count == 32, threshold >= 1, MatchBounds.dimensions.contains(dimension),
            MatchBounds.isUsable(minimumNorm: minimumNorm, dimension: dimension)
        else { return nil }
        if let published {
            guard published.identity == identity, published.modality == modality.name, published.dimension == dimension
            else { return nil }
        }
        self.identity = identity
        self.modality = modality
        self.dimension = dimension
        self.threshold = threshold
        self.minimumNorm = minimumNorm
        self.published = published
    }

    /// Whether proofs of this assurance can be checked.
    func supports(_ assurance: Assurance) -> Bool {
        assurance == .match || published?.startBlock(at: assurance) != nil
    }
}
