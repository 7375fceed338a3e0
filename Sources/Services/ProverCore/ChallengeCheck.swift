import Interfaces
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

extension ChallengeExpectation {
    /// Compares every field but the origin, which a challenge does not name, and the client key (``DeviceKeyRule``).
    func check(_ challenge: Challenge) throws(Mismatch) {
        func compare(_ field: String, _ expected: String?, _ found: String) throws(Mismatch) {
            // By bytes: Swift's equality takes canonically equivalent texts for one.
            guard let expected, !expected.utf8.elementsEqual(found.utf8) else { return }
            throw Mismatch(field, expected: expected, found: found)
        }
        try compare("role", role, challenge.role.name)
        try compare("subject", subject, challenge.subject)
        try compare("purpose", purpose, challenge.purpose)
        try compare("samples", String(samples), String(challenge.samples))
        try compare("modality", modality, challenge.modality.name)
        try compare("label", label, challenge.label)
        try compare("assurance", assurance, challenge.assurance.name)
        try compare("audience", audience, challenge.audience)
        try compare(
            "verifierKey",
            verifierKey.map { Hexadecimal.encode($0) },
            Hexadecimal.encode(challenge.verifierKey)
        )
    }
}

extension ChallengeExpectation.Mismatch {
    /// Challenges that do not belong together: the first is what the others are held against.
    init(_ fault: ChallengeSet.Fault) {
        self.init(fault.field, expected: fault.expected, found: fault.found)
    }
}
