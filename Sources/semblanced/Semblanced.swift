import Foundation
import ServiceSupport

/// The entry point: hardening comes before everything else.
@main
enum Semblanced {
    // On the main actor, so that this runs on the main thread while there is no other: "no privileges by exec" belongs
    // to a thread and is inherited by the threads that it starts.
    @MainActor
    static func main() async {
        do {
            try Hardening.apply()
        } catch {
            let message = "semblanced: \(error.step) failed: errno \(error.code)\n"
            FileHandle.standardError.write(Data(message.utf8))
            exit(1)
        }
        await SemblancedCommand.main()
    }
}
