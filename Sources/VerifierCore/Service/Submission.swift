import MatchProof

/// A proof that was handed in: decoded, under a challenge of this verifier's, by who holds the challenge's client key.
struct Submission: Sendable {
    let opened: any OpenedProof
    /// SHA-512 of the proof.
    let digest: [UInt8]
    /// The roles that the method takes.
    let roles: Set<Role>
    /// Whether the method answers the same proof with the same receipt again.
    let earnsReceipt: Bool
    let submitter: Submitter

    var challenge: Challenge { opened.challenge.challenge }

    /// To whom the challenge must have been issued.
    var binding: Binding {
        switch submitter {
        case .local(let connection, _): .connection(connection.bytes)
        case .remote: .clientKey(challenge.clientKey)
        }
    }

    /// The client's key; nil for a local peer.
    var device: [UInt8]? {
        switch submitter {
        case .local: nil
        case .remote: challenge.clientKey
        }
    }
}
