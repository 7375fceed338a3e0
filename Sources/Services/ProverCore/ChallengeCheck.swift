import Sodium
import Statement
import Vault

/// Why a challenge is refused. For the daemon's own log: callers are told `ChallengeRefused` whatever it is.
enum ChallengeRefusal: String, Error {
    case malformed
    case role
    case signature
    case verifierPin
    case notYetValid
    case expired
    case lifetime
    case policy
    case account
    case template
    case epoch
    case receipt
}

/// The rules that a challenge must meet before anything is captured (attacks.md F7).
struct ChallengeCheck {
    /// Clocks of prover and verifier may differ by that much, in seconds.
    static let clockSkew: UInt64 = 60
    /// No honest challenge lives longer, in seconds.
    static let maximumLifetime: UInt64 = 900

    /// Seconds since 1970-01-01 00:00 UTC.
    let now: UInt64

    /// Checks that need no enrolment: role, signature by the key that the challenge names, time.
    func general(_ signed: SignedChallenge, roles: Set<Role>) throws(ChallengeRefusal) {
        let challenge = signed.challenge
        guard roles.contains(challenge.role) else { throw .role }
        guard let key = VerifyingKey(challenge.verifierKey), signed.isSigned(by: key) else { throw .signature }
        guard challenge.issuedAt <= now &+ Self.clockSkew else { throw .notYetValid }
        guard now < challenge.expiresAt else { throw .expired }
        guard challenge.expiresAt &- challenge.issuedAt <= Self.maximumLifetime else { throw .lifetime }
    }

    /// Checks against what was pinned at enrolment: the very key, model and bounds, neither weaker nor different.
    func pinned(_ signed: SignedChallenge, _ enrolment: Enrolment, uid: UInt32) throws(ChallengeRefusal) {
        guard let key = VerifyingKey(enrolment.policy.verifierKey), signed.isSigned(by: key) else { throw .verifierPin }
        let named = signed.challenge.template.map {
            Enrolment.Template(commitment: $0, epoch: signed.challenge.epoch)
        }
        guard PinnedPolicy(recordedIn: signed.challenge) == enrolment.policy(of: named) else { throw .policy }
        guard enrolment.uid == uid else { throw .account }
    }
}
