import ServiceSupport

/// The entry point: hardening comes before everything else.
@main
enum SemblanceSensor {
    @MainActor
    static func main() async {
        ProgramStart.checkArgumentsOrExit(program: "semblance-sensor")
        Hardening.applyOrExit(program: "semblance-sensor")
        await SensorCommand.main()
    }
}
