import MatchProof

/// The proof system, as far as the verifier's bookkeeping needs it.
public protocol ProofChecking: Sendable {
    /// The assurances for which proofs can be verified.
    var assurances: Set<Assurance> { get }

    /// Decodes a proof envelope without verifying anything.
    ///
    /// - Throws: any error, for bytes that are not a proof envelope.
    func open(_ envelope: [UInt8]) throws -> any OpenedProof
}
