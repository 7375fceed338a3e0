import MatchProof
import Ristretto255

/// What a challenge for a client that is not enrolled pretends that the verifier has on record.
struct DecoyEnrolment: Sendable {
    let model: AllowedModel
    let label: String
    let commitment: CompressedRistretto
    let epoch: UInt64
    let assurance: Assurance
}
