import MatchProof
import Sodium

/// ``ProofChecking`` by the module MatchProof.
public struct MatchProofChecker: ProofChecking {
    public let assurances: Set<Assurance> = [.match]

    public init() {}

    public func open(_ envelope: [UInt8]) throws -> any OpenedProof {
        OpenedMatchProof(envelope: try ProofEnvelope(decoding: envelope))
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
