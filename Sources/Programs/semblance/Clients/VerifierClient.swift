import ServiceSupport
import Sodium

/// A verifier, local or remote: hands out signed challenges and checks proofs.
protocol VerifierClient: Sendable {
    /// Where it is contacted.
    var origin: Origin { get }
    func identity() async throws -> VerifierIdentity
    /// - Parameters:
    ///   - label: nil for any of the subject's enrolments.
    ///   - clientKey: the device key; a remote verifier's challenge must name it.
    func challenge(
        subject: String,
        purpose: String,
        modality: String?,
        label: String?,
        clientKey: [UInt8]
    ) async throws -> LoginChallenge
    /// - Parameter assurance: nil for the verifier's own.
    func enrolChallenge(
        subject: String,
        modality: String,
        label: String,
        samples: Int,
        assurance: String?,
        clientKey: [UInt8]
    ) async throws -> [UInt8]
    func rotateChallenge(
        subject: String,
        modality: String,
        label: String,
        kind: String,
        samples: Int,
        clientKey: [UInt8]
    ) async throws -> [UInt8]
    /// - Returns: the signed receipt.
    func register(_ answer: ProverAnswer) async throws -> [UInt8]
    /// - Returns: the signed receipt.
    func rotate(_ answer: ProverAnswer) async throws -> [UInt8]
    func verify(_ answer: ProverAnswer) async throws -> VerifierAnswer
    func revoke(subject: String, modality: String, label: String) async throws
}

/// What a login may answer; semblanced looks whether they belong together.
struct LoginChallenge: Sendable {
    let challenge: [UInt8]
    /// Challenges about further enrolments.
    let alternatives: [[UInt8]]
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

/// What the prover made for a verifier.
struct ProverAnswer: Sendable {
    let proof: [UInt8]
    /// For a remote verifier, the device key's signature over origin and proof.
    let clientSignature: [UInt8]?
}

/// Connects to the verifier that an option names.
enum VerifierClients {
    static func connect(to place: String) async throws -> any VerifierClient {
        place.contains("://") ? try RemoteVerifier(address: place) : try await LocalVerifier(path: place)
    }
}
