import ArgumentParser
import FprintService
import ServiceLifecycle
import ServiceSupport

/// The service that desktops and pam_fprintd know as fprintd.
struct SemblanceFprintdCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "semblance-fprintd",
        abstract: "Speak fprintd's D-Bus interface, so that desktops enrol and verify fingers through Semblance.",
        discussion: """
            Is net.reactivated.Fprint on the system bus, in place of fprintd. It holds nothing: semblanced and semblance-verifier \
            judge each caller as if he had come to them himself. Both must name this program's user as "proxyUser"; see \
            docs/desktop.md.
            """,
        version: Release.version
    )

    @Option(help: ArgumentHelp("semblanced's socket.", valueName: "path"))
    var prover = "/run/semblance/prover"

    @Option(help: ArgumentHelp("The socket of the verifier on this machine.", valueName: "path"))
    var verifier = "/run/semblance/verifier"

    @Option(help: ArgumentHelp("The message bus.", valueName: "address"))
    var bus = "unix:path=/run/dbus/system_bus_socket"

    func validate() throws {
        guard Origin(socket: verifier) != nil else {
            throw ValidationError("--verifier is the absolute path of a socket, without '.', '..' and '//'.")
        }
    }

    func run() async throws {
        guard await Daemon.run("semblance-fprintd", sockets: [], serve) else { throw ExitCode.failure }
    }

    private func serve(_ daemon: Daemon) async throws {
        guard let origin = Origin(socket: verifier) else { return }
        let service = FprintService(
            bus: try MessageBus(address: bus),
            prover: prover,
            verifier: (path: verifier, origin: origin),
            logger: daemon.logger
        )
        try await daemon.serve(
            [BusService(service: service) { daemon.notifier.ready(status: "serving net.reactivated.Fprint") }],
            isHealthy: { true }
        )
    }
}

/// Runs until the bus has gone, which is a failure, or the program is to stop.
private struct BusService: Service {
    let service: FprintService
    let onServing: @Sendable () -> Void

    func run() async throws {
        try await cancelWhenGracefulShutdown { try await service.run(onServing: onServing) }
    }
}

/// The entry point: hardening comes before everything else.
@main
enum SemblanceFprintd {
    @MainActor
    static func main() async {
        ProgramStart.checkArgumentsOrExit(program: "semblance-fprintd")
        Hardening.applyOrExit(program: "semblance-fprintd")
        await SemblanceFprintdCommand.main()
    }
}
