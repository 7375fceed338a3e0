import MatchProof
import Sodium

/// A decoded, unverified proof.
public protocol OpenedProof: Sendable {
    /// The challenge that it claims to answer.
    var challenge: SignedChallenge { get }

    /// Verifies the proof against its own challenge. Takes milliseconds to seconds of one core.
    ///
    /// - Parameter verifierKey: the key that must have signed the challenge.
    /// - Throws: any error, for a proof that is not valid; its description names the failed check and nothing secret.
    func check(verifierKey: VerifyingKey) throws -> CheckedProof
}
