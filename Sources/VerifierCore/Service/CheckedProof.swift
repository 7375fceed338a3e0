import MatchProof
import Ristretto255

/// What a proof shows once it has been verified.
public struct CheckedProof: Sendable {
    /// The sensor key whose valid signatures cover every sample, 32 bytes; nil where there is none.
    public let attestedBy: [UInt8]?
    /// The commitment that the proof yields; nil exactly for the role `authenticate`.
    public let newTemplate: CompressedRistretto?

    public init(attestedBy: [UInt8]?, newTemplate: CompressedRistretto?) {
        self.attestedBy = attestedBy
        self.newTemplate = newTemplate
    }
}
