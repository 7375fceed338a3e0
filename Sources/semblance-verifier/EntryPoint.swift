import ServiceSupport

/// The entry point: hardening comes before everything else.
@main
enum EntryPoint {
    @MainActor
    static func main() async {
        Hardening.applyOrExit(program: "semblance-verifier")
        await SemblanceVerifier.main()
    }
}
