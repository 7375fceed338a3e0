/// What a login may answer; semblanced looks whether they belong together.
public struct LoginChallenge: Sendable {
    public let challenge: [UInt8]
    /// Challenges about further enrolments.
    public let alternatives: [[UInt8]]

    public init(challenge: [UInt8], alternatives: [[UInt8]]) {
        self.challenge = challenge
        self.alternatives = alternatives
    }
}

public struct VerifierIdentity: Codable, Sendable {
    public let audience: String
    /// Hexadecimal.
    public let verifierKey: String

    public init(audience: String, verifierKey: String) {
        self.audience = audience
        self.verifierKey = verifierKey
    }
}

public struct VerifierAnswer: Codable, Sendable {
    /// `biometric` or `possession`.
    public let verdict: String
    /// A signed token of a remote verifier.
    public var token: String?

    public init(verdict: String, token: String? = nil) {
        self.verdict = verdict
        self.token = token
    }
}

/// What the prover made for a verifier.
public struct ProverAnswer: Sendable {
    public let proof: [UInt8]
    /// For a remote verifier, the device key's signature over origin and proof.
    public let clientSignature: [UInt8]?

    public init(proof: [UInt8], clientSignature: [UInt8]?) {
        self.proof = proof
        self.clientSignature = clientSignature
    }
}
