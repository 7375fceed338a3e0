import ArgumentParser
import Encoding
import Foundation
import IntegerNetwork
import Logging
import ProverCore
import SensorClient
import ServiceSupport
import Sodium
import Varlink
import Vault

/// The prover daemon.
struct SemblancedCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "semblanced",
        abstract: "Keep the openings of committed templates and prove that fresh samples are like them.",
        discussion: """
            Serves org.semblance.Prover on a Unix socket, by socket activation or at --socket. Needs semblance-sensor. \
            Flags go before the configuration file, semblance-prover.json(5), and its drop-ins; paths are never taken from the environment.
            """,
        version: Prover.version
    )

    @Option(help: ArgumentHelp("Read options from this JSON file.", valueName: "file"))
    var config: String?

    @Flag(help: "Print what the configuration file says and whether it can be used, as JSON, and exit.")
    var reportConfig = false

    @Flag(
        help:
            "Read a key of 32 bytes from standard input, and exit with 0 if it opens the vault, 3 if not, 4 if there is none."
    )
    var checkKey = false

    @Option(help: ArgumentHelp("Make the socket here (default: /run/semblance/prover).", valueName: "path"))
    var socket: String?

    @Option(help: ArgumentHelp("Keep the vault here (default: /var/lib/semblance).", valueName: "directory"))
    var vault: String?

    @Option(help: ArgumentHelp("The vault's key, where there is no systemd credential vault-key.", valueName: "file"))
    var keyFile: String?

    @Option(help: ArgumentHelp("The sensor (default: /run/semblance-sensor/sensor).", valueName: "path"))
    var sensorSocket: String?

    @Option(
        help: ArgumentHelp(
            "One of several sensors, by a name for people and its socket; repeat for each. All that fit a login are asked at "
                + "the same time.",
            valueName: "name=path"
        )
    )
    var sensor: [String] = []

    @Option(help: ArgumentHelp("Who sensors run as (default: semblance-sensor).", valueName: "name or uid"))
    var sensorUser: String?

    @Option(help: ArgumentHelp("A model file, for proofs of its network; repeat for more.", valueName: "file"))
    var model: [String] = []

    @Option(
        help: ArgumentHelp(
            "Who may have a sample taken: session (whoever has an active local session on the sensor's seat; default) "
                + "or none (everybody, from everywhere: for machines without logind).",
            valueName: "rule"
        )
    )
    var presence: String?

    @Option(help: ArgumentHelp("The seat of sensors that are given no other (default: seat0).", valueName: "name"))
    var seat: String?

    @Flag(help: "Let users enrol, refresh and revoke their own templates.")
    var selfEnrol = false

    func run() async throws {
        if reportConfig { return printReport() }
        if checkKey { return try checkKeyOfVault() }
        guard await Daemon.run("semblanced", sockets: ["prover"], serve) else { throw ExitCode.failure }
    }

    private func serve(_ daemon: Daemon) async throws {
        _ = DescriptorLimit.raise(to: VarlinkLimits().descriptorCount + Daemon.descriptorReserve)
        let configuration = try merged()
        daemon.warnOfUnlockedMemory()
        do {
            let prover = try makeProver(configuration, daemon.logger)
            let server = try daemon.varlinkServer(
                [prover.service, prover.agentService],
                socket: "prover",
                path: configuration.socket,
                proxy: ProxyRule(
                    uid: try configuration.proxyUser.map { try Daemon.proxyUID(of: $0) },
                    checksProcesses: true
                ),
                onListening: { daemon.notifier.ready(status: "waiting for challenges") }
            )
            try await daemon.serve(
                [server],
                isHealthy: { prover.isHealthy },
                onStopping: { prover.dismissAgents() }
            )
        } catch let error as VaultError {
            throw ProgramFailure(error.hint)
        }
    }

    private func makeProver(_ configuration: ProverConfiguration, _ logger: Logger) throws -> Prover {
        let sensors = try Self.sensors(configuration)
        var settings = try configuration.settings()
        let presence = try configuration.seatPresence()
        if configuration.ignoresPresence {
            logger.warning("presence is not checked: remote sessions and background jobs reach the sensor")
        }
        settings.models = try Self.models(configuration)
        let directory = configuration.vault
        try SafeFile.secretDirectory(directory)
        let key = try VaultKey.load(
            file: configuration.keyFile ?? directory + "/key",
            vault: directory,
            credentialsDirectory: ProcessInfo.processInfo.environment["CREDENTIALS_DIRECTORY"]
        )
        return Prover(
            vault: try Vault(directory: directory, key: key),
            sensors: sensors,
            settings: settings,
            presence: presence,
            logger: logger
        )
    }

    private static func models(_ configuration: ProverConfiguration) throws -> [EmbeddingModel] {
        try configuration.models.map { path in
            do {
                return try EmbeddingModel.load(contentsOf: path)
            } catch {
                throw ProgramFailure("\(path): not a usable model: \(error)")
            }
        }
    }

    /// Of the vault of this user, by the exit status.
    private func checkKeyOfVault() throws {
        guard let key = SecretBytes.readingAll(of: STDIN_FILENO, maximum: AEAD.keyByteCount) else {
            throw ProgramFailure("no key of \(AEAD.keyByteCount) bytes on standard input")
        }
        let directory = try merged().vault
        do {
            let isOpened = try Vault.isOpened(by: key, in: directory)
            let status = isOpened.map { $0 ? KeyCheckStatus.opens : .wrong } ?? .noVault
            throw ExitCode(status.rawValue)
        } catch let error as VaultError {
            throw ProgramFailure(error.hint)
        }
    }

    /// What starts would look at, but for the vault, which need not be this user's.
    private func printReport() {
        let path = config ?? "/etc/semblance/prover.json"
        let report = ConfigurationReport(of: ProverConfiguration.self, at: path) { configuration in
            try configuration.check()
            _ = try Self.models(configuration)
            _ = try Self.sensors(configuration)
        }
        print(String(decoding: report.json.encode(), as: UTF8.self))
    }

    private static func sensors(_ configuration: ProverConfiguration) throws -> [ProverSensor] {
        try configuration.sensorEntries().map { entry in
            let user = entry.user ?? configuration.sensorUser
            return ProverSensor(
                name: entry.name,
                seat: entry.seat ?? configuration.seat,
                source: SensorClient(path: entry.socket, trusted: [try Daemon.uid(of: user, role: "sensor")])
            )
        }
    }

    /// The file's options with the flags on top.
    private func merged() throws -> ProverConfiguration {
        var merged = try ProverConfiguration.load(config)
        merged.socket = socket ?? merged.socket
        merged.vault = vault ?? merged.vault
        merged.keyFile = keyFile ?? merged.keyFile
        if !sensor.isEmpty || sensorSocket != nil {
            // Whichever form the flags take, the file's sensors are not asked as well.
            merged.sensors = sensor.isEmpty ? nil : try sensor.map { try SensorEntry(flag: $0) }
            merged.sensorSocket = sensorSocket
        }
        merged.sensorUser = sensorUser ?? merged.sensorUser
        merged.presence = presence ?? merged.presence
        merged.seat = seat ?? merged.seat
        merged.models = model.isEmpty ? merged.models : model
        if selfEnrol { merged.selfEnrol = true }
        return merged
    }
}

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
