import ServiceClients
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

/// Connects to the verifier that an option names.
enum VerifierClients {
    static func connect(to place: String) async throws -> any VerifierClient {
        place.contains("://") ? try RemoteVerifier(address: place) : try await LocalVerifier(path: place)
    }
}
