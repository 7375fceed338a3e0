import ArgumentParser
import ServiceSupport
import Sodium
import Varlink
import VerifierCore

/// Creates the signing key and the database.
struct InitCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "init",
        abstract: "Create the signing key and the database that the configuration names.",
        discussion: "A signing key that is there already is kept; a database that is there already is an error."
    )

    @OptionGroup var options: CommonOptions

    func run() async throws {
        let configuration = try options.load()
        let keys: VerifierKeys
        do {
            keys = try VerifierKeys.create(at: configuration.signingKey)
        } catch .alreadyExists {
            keys = try VerifierKeys.load(path: configuration.signingKey)
        }
        _ = try VerifierStore.create(
            path: configuration.database,
            audience: configuration.audience,
            keys: keys,
            maximumBytes: configuration.maximumDatabaseBytes
        )
        print("audience: \(configuration.audience)")
        print("verifier key: \(Hexadecimal.encode(keys.signing.publicKey.bytes))")
    }
}

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
