import MatchProof
import NetworkProof
import Sodium

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

private struct OpenedMatchProof: OpenedProof {
    let envelope: ProofEnvelope

    var challenge: SignedChallenge { envelope.challenge }

    func check(verifierKey: VerifyingKey) throws -> CheckedProof {
        // Which sensor is believed is the policy's decision: any is accepted here, and reported.
        let verified = try MatchVerifier().verify(envelope, verifierKey: verifierKey, sensorKey: nil)
        return CheckedProof(attestedBy: verified.sensorKey, newTemplate: verified.newTemplate)
    }
}
