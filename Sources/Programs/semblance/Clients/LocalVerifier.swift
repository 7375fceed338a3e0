import ServiceClients
import ServiceSupport

/// How the command line talks to the verifier of this machine: faults are for people.
extension LocalVerifier: VerifierClient {
    init(path: String) async throws {
        guard let origin = Origin(socket: path) else {
            throw CommandFailure(
                .badInput,
                "not the absolute path of a socket: \(path)",
                hint: "without '.', '..' and '//'; a remote verifier is https://host"
            )
        }
        try await self.init(path: path, origin: origin) {
            CommandFailure($0, service: "semblance-verifier", path: path)
        }
    }
}
