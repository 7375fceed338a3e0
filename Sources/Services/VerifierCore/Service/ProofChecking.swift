import Commitments
import MatchProof
import Models
import Ristretto255
import Sodium
import Statement

/// The proof system, as far as the verifier's bookkeeping needs it.
public protocol ProofChecking: Sendable {
    /// The assurances for which proofs can be verified.
    var assurances: Set<Assurance> { get }

    /// Decodes a proof envelope without verifying anything.
    ///
    /// - Throws: any error, for bytes that are not a proof envelope.
    func open(_ envelope: [UInt8]) throws -> any OpenedProof

    /// Verifies proofs that ``open(_:)`` gave, each against its own challenge: what ``OpenedProof/check(verifierKey:)`` says of
    /// each, in order, for less work.
    func check(_ proofs: [any OpenedProof], verifierKey: VerifyingKey) -> [Result<CheckedProof, any Error>]
}

extension ProofChecking {
    /// One after the other.
    public func check(_ proofs: [any OpenedProof], verifierKey: VerifyingKey) -> [Result<CheckedProof, any Error>] {
        proofs.map { proof in Result { try proof.check(verifierKey: verifierKey) } }
    }
}

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

/// What a proof shows once it has been verified.
public struct CheckedProof: Sendable {
    /// The sensor key whose valid signatures cover every sample, 32 bytes; nil where there is none.
    public let attestedBy: [UInt8]?
    /// The commitment that the proof yields; nil exactly for the role `authenticate`.
    public let newTemplate: CompressedRistretto?

    /// - Parameters:
    ///   - attestedBy: 32 bytes, or nil.
    ///   - newTemplate: nil exactly for the role `authenticate`.
    public init(attestedBy: [UInt8]?, newTemplate: CompressedRistretto?) {
        self.attestedBy = attestedBy
        self.newTemplate = newTemplate
    }
}

extension CheckedProof {
    fileprivate init(_ verified: VerifiedProof) {
        self.init(attestedBy: verified.sensorKey, newTemplate: verified.newTemplate)
    }
}

/// ``ProofChecking`` by the module MatchProof.
public struct MatchProofChecker: ProofChecking {
    public let assurances = Set(Assurance.allCases)
    /// By identity.
    private let models: [[UInt8]: PublishedModel]

    /// - Parameter models: the registry, which proofs of assurance `head` and `full` are checked against.
    public init(models: [PublishedModel] = []) {
        self.models = Dictionary(models.map { ($0.identity, $0) }) { first, _ in first }
    }

    /// The proof is about a network that the policy has no published model of.
    struct UnregisteredModel: Error, CustomStringConvertible {
        var description: String { "the challenge's model is not registered: no policy.models.published has it" }
    }

    public func open(_ envelope: [UInt8]) throws -> any OpenedProof {
        do {
            return OpenedMatchProof(envelope: try ProofEnvelope(decoding: envelope) { models[$0] })
        } catch WireError.unknownValue(field: .model) {
            throw UnregisteredModel()
        }
    }
}

extension MatchProofChecker {
    public func check(_ proofs: [any OpenedProof], verifierKey: VerifyingKey) -> [Result<CheckedProof, any Error>] {
        let opened = proofs.compactMap { $0 as? OpenedMatchProof }
        precondition(opened.count == proofs.count, "proofs of another proof system")
        // Which sensor is believed is the policy's decision: any is accepted here, and reported.
        let batch = opened.map {
            MatchVerifier.Submission($0.envelope, verifierKey: verifierKey, sensorKey: nil)
        }
        return MatchVerifier().verify(batch: batch).map { result in
            result.map(CheckedProof.init).mapError { $0 }
        }
    }
}

private struct OpenedMatchProof: OpenedProof {
    let envelope: ProofEnvelope

    var challenge: SignedChallenge { envelope.challenge }

    func check(verifierKey: VerifyingKey) throws -> CheckedProof {
        CheckedProof(try MatchVerifier().verify(envelope, verifierKey: verifierKey, sensorKey: nil))
    }
}
