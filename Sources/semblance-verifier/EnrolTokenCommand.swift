import ArgumentParser
import ServiceSupport
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
