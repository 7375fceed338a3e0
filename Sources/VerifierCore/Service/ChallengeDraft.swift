import MatchProof
import Ristretto255

/// The fields of a challenge that differ from one request to the next.
struct ChallengeDraft: Sendable {
    let role: Role
    let subject: String
    let purpose: String
    let label: String
    let template: CompressedRistretto?
    let epoch: UInt64
    let model: AllowedModel
    /// The recorded template's, for an upgrade.
    var previous: AllowedModel? = nil
    let assurance: Assurance
    let samples: Int
    let clientKey: [UInt8]
}
