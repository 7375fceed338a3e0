import Foundation
import ServiceSupport

/// The entry point: hardening comes before everything else.
@main
enum EntryPoint {
    // On the main actor, so that this runs on the main thread while there is no other: "no privileges by exec" belongs
    // to a thread and is inherited by the threads that it starts.
    @MainActor
    static func main() async {
        do {
            try Hardening.apply()
        } catch {
            let message = "semblance-verifier: \(error.step) failed: errno \(error.code)\n"
            FileHandle.standardError.write(Data(message.utf8))
            exit(1)
        }
        await SemblanceVerifier.main()
    }
}
