import ServiceSupport

/// The entry point: hardening comes before everything else.
@main
enum Semblanced {
    @MainActor
    static func main() async {
        ProgramStart.checkArgumentsOrExit(program: "semblanced")
        Hardening.applyOrExit(program: "semblanced")
        await SemblancedCommand.main()
    }
}
