import ArgumentParser
import ServiceSupport
import Sodium
import Varlink
import VerifierCore

/// Prints what provers pin and relying parties trust.
struct IdentityCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "identity",
        abstract: "Print the verifier's audience and public keys, in hexadecimal."
    )

    @OptionGroup var options: CommonOptions

    func run() async throws {
        let configuration = try options.load()
        let keys = try VerifierKeys.load(path: configuration.signingKey)
        let identity: JSON = [
            "audience": .string(configuration.audience),
            "verifierKey": .string(Hexadecimal.encode(keys.signing.publicKey.bytes)),
            "tokenKey": .string(Hexadecimal.encode(keys.tokens.publicKey.bytes)), "version": .string(Verifier.version),
        ]
        print(String(decoding: identity.encode(), as: UTF8.self))
    }
}
