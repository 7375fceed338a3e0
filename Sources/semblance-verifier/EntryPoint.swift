import ArgumentParser
import ServiceSupport

/// The entry point: hardening comes before everything else.
@main
enum EntryPoint {
    @MainActor
    static func main() async {
        ProgramStart.checkArgumentsOrExit(program: "semblance-verifier")
        Hardening.applyOrExit(program: "semblance-verifier")
        do {
            var command = try SemblanceVerifier.parseAsRoot()
            if var command = command as? any AsyncParsableCommand {
                try await command.run()
            } else {
                try command.run()
            }
        } catch {
            SemblanceVerifier.exit(withError: ServiceUserHint.added(to: error))
        }
    }
}
