import ArgumentParser
import Foundation
import ServiceClients

struct Unlock: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Let a locked-out account try again. For root.",
        discussion: """
            Forgets the failed attempts that semblanced counted (samples that did not match) and those that the verifier \
            on this machine counted (proofs that it refused).
            """
    )

    @OptionGroup var services: ServiceOptions

    @Option(help: ArgumentHelp("The account.", valueName: "name"), completion: .accounts)
    var user: String

    @Flag(help: "Only at semblanced; there is no verifier on this machine.")
    var proverOnly = false

    func validate() throws {
        guard proverOnly || services.verifier.hasPrefix("/") else {
            throw ValidationError("Only the verifier on this machine can be asked; see --prover-only.")
        }
    }

    /// The second end is tried also where the first one fails.
    func run() async throws {
        var failure: CommandFailure?
        do {
            try await ProverClient(path: services.prover).unlock(subject: user)
        } catch let error as CommandFailure { failure = error }
        if !proverOnly { try await LocalVerifier(path: services.verifier).unlock(subject: user) }
        if let failure { throw failure }
    }
}

extension ProverClient {
    func unlock(subject: String) async throws {
        _ = try await call("Unlock", ["subject": .string(subject)])
    }
}

extension LocalVerifier {
    func unlock(subject: String) async throws {
        _ = try await call("Unlock", ["subject": .string(subject)])
    }
}
