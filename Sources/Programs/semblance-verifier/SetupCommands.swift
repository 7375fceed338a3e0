import ArgumentParser
import Encoding
import Interfaces
import ServiceSupport
import Sodium
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

/// Makes a token by which a remote client may enrol a subject once.
struct EnrolTokenCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "enrol-token",
        abstract: "Print a one-time token that lets a remote client enrol a subject.",
        aliases: ["enroll-token"]
    )

    @OptionGroup var options: CommonOptions

    @Option(name: .long, help: "The account that may be enrolled.")
    var subject: String

    @Option(name: .long, help: ArgumentHelp("Seconds that the token is valid (60 to 2592000).", valueName: "seconds"))
    var lifetime: UInt64 = 86_400

    func run() async throws {
        do {
            print(try await options.verifier().makeEnrolmentToken(subject: subject, lifetime: lifetime))
        } catch let error as VerifierError {
            throw ProgramFailure(error)
        }
    }
}

/// Makes a bearer token for the administrator's methods over HTTP.
struct AdminTokenCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "admin-token",
        abstract: "Print a new administrator token and its hash for the configuration.",
        discussion: "Nothing is stored: put the hash into http.administratorTokenHash and restart the service."
    )

    func run() async throws {
        let token = AdministratorToken.generate()
        print("token: \(token)")
        print("administratorTokenHash: \(Hexadecimal.encode(AdministratorToken.hash(token)))")
    }
}

/// Says what the configuration comes to; `semblance config` shows it to people.
struct ReportConfigCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "report-config",
        abstract: "Print what the configuration file says and whether it can be used, as JSON."
    )

    @OptionGroup var options: CommonOptions

    func run() async throws {
        let report = ConfigurationReport(of: ConfigurationDocument.self, at: options.config) { document in
            do throws(ConfigurationError) {
                _ = try VerifierConfiguration(document)
            } catch {
                throw Self.fault(error)
            }
        }
        print(String(decoding: report.json.encode(), as: UTF8.self))
    }

    /// The error with its key, by which the report finds the file that it is in.
    private static func fault(_ error: ConfigurationError) -> any Error {
        switch error {
        case .file(let error): error
        case .unknownKey(let key): ConfigurationFault.unknownKey(key)
        case .invalid(let key, let reason): ConfigurationFault.wrongValue(key: key, reason: reason)
        case .plainHTTPBeyondLoopback: ConfigurationFault.wrongValue(key: "http.address", reason: "\(error)")
        case .malformed: error
        }
    }
}
