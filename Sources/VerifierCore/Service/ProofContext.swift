import MatchProof

/// A verified proof in its surroundings, as the transaction that accepts it sees them.
struct ProofContext: Sendable {
    let challenge: Challenge
    let binding: Binding
    /// The enrolment that it asks about; nil for a new enrolment and for a decoy.
    let record: EnrolmentRecord?
    let checked: CheckedProof
    let verdict: Verdict
    /// SHA-512 of the proof.
    let proofDigest: [UInt8]
}
