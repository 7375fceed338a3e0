/// A verifier, local or remote: hands out signed challenges and checks proofs.
protocol VerifierClient: Sendable {
    func identity() async throws -> VerifierIdentity
    func challenge(subject: String, purpose: String, modality: String?, label: String?) async throws -> [UInt8]
    /// - Parameter assurance: nil for the verifier's own.
    func enrolChallenge(
        subject: String,
        modality: String,
        label: String,
        samples: Int,
        assurance: String?
    ) async throws -> [UInt8]
    func rotateChallenge(
        subject: String,
        modality: String,
        label: String,
        kind: String,
        samples: Int
    ) async throws -> [UInt8]
    /// - Returns: the signed receipt.
    func register(proof: [UInt8]) async throws -> [UInt8]
    /// - Returns: the signed receipt.
    func rotate(proof: [UInt8]) async throws -> [UInt8]
    func verify(proof: [UInt8]) async throws -> VerifierAnswer
    func revoke(subject: String, modality: String, label: String) async throws
}

struct VerifierIdentity: Codable, Sendable {
    let audience: String
    /// Hexadecimal.
    let verifierKey: String
}

struct VerifierAnswer: Codable, Sendable {
    /// `biometric` or `possession`.
    let verdict: String
    /// A signed token of a remote verifier.
    var token: String?
}

/// Connects to the verifier that an option names.
enum VerifierClients {
    static func connect(to place: String, enrolmentToken: String? = nil) async throws -> any VerifierClient {
        if place.hasPrefix("https://") || place.hasPrefix("http://") {
            return try RemoteVerifier(address: place, enrolmentToken: enrolmentToken)
        }
        return try await LocalVerifier(path: place)
    }
}
