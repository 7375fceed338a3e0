import ArgumentParser
import ServiceSupport
import Sodium
import VerifierCore

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
