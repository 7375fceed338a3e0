import ArgumentParser
import Sodium
import VerifierCore

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
