import ArgumentParser
import FaceAlignment
import FingerprintAlignment
import Logging
import NetworkProof
import NeuralNetwork
import Sensors
import ServiceLifecycle
import ServiceSupport
import Varlink

/// The sensor program.
struct SensorCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "semblance-sensor",
        abstract: "Capture, embed, commit and sign samples for the prover daemon.",
        discussion: """
            Serves org.semblance.Sensor on a Unix socket, by socket activation or at --socket, to root and to the \
            prover's user only. This version takes its frames from the image files of a directory, the tray: each \
            capture takes the next file in name order. For several devices run one for each, with models of its modality, \
            a socket and a secret of its own (semblance-sensor@.socket). Flags go before the configuration file.
            """,
        version: Release.version
    )

    @Option(help: ArgumentHelp("Read options from this JSON file.", valueName: "file"))
    var config: String?

    @Option(help: ArgumentHelp("Make the socket here (default: /run/semblance-sensor/sensor).", valueName: "path"))
    var socket: String?

    @Option(help: ArgumentHelp("Take image files from here.", valueName: "directory"))
    var tray: String?

    @Option(help: ArgumentHelp("A model file; repeat for more.", valueName: "file"))
    var model: [String] = []

    @Option(help: ArgumentHelp("Find faces with this cascade (default: that of opencv-data).", valueName: "file"))
    var cascade: String?

    @Option(help: ArgumentHelp("Find fingers with this model file (default: the installed one).", valueName: "file"))
    var localiser: String?

    @Option(
        help: ArgumentHelp("Resolution of fingerprint pictures, dots per inch (default: 500).", valueName: "number")
    )
    var dpi: Int?

    @Option(help: ArgumentHelp("Tell the prover that this sensor belongs to that seat.", valueName: "name"))
    var seat: String?

    @Option(
        help: ArgumentHelp("The master secret (default: /var/lib/semblance-sensor/secret).", valueName: "file")
    )
    var secret: String?

    @Option(help: ArgumentHelp("Who the prover runs as (default: semblance).", valueName: "name or uid"))
    var proverUser: String?

    /// A sensor that lets others wait for longer is not well.
    private static let answerLimit = Duration.seconds(10)

    func run() async throws {
        let logger = ServiceLogHandler.logger("semblance-sensor")
        do {
            try await serve(logger)
        } catch {
            logger.critical("\(error)")
            throw ExitCode.failure
        }
    }

    private func serve(_ logger: Logger) async throws {
        let notifier = ServiceNotifier.fromEnvironment()
        let sockets = try PassedSockets(SocketActivation.takeSockets(), names: ["sensor"])
        _ = DescriptorLimit.raise(to: VarlinkLimits().descriptorCount + 64)
        let configuration = try config.map { try SensorConfiguration.load($0) } ?? SensorConfiguration()
        let user = proverUser ?? configuration.proverUser ?? "semblance"
        guard let prover = UserName.uid(user) else {
            throw ProgramFailure("there is no user \"\(user)\" for the prover")
        }
        let sensor = try makeSensor(configuration, logger)
        let listener =
            try sockets["sensor"].map { try VarlinkListener(inherited: $0) }
            ?? VarlinkListener(path: socket ?? configuration.socket ?? "/run/semblance-sensor/sensor", mode: 0o666)
        let service = SensorService(sensor: sensor, prover: prover, seat: seat ?? configuration.seat)
        try await serve(service, of: sensor, on: listener, notifier, logger)
    }

    private func makeSensor(_ configuration: SensorConfiguration, _ logger: Logger) throws -> ImageSensor {
        guard let tray = tray ?? configuration.tray else {
            throw ProgramFailure("no tray: name a directory of image files by --tray")
        }
        let models = try loadModels(configuration)
        let secretPath = secret ?? configuration.secret ?? "/var/lib/semblance-sensor/secret"
        let master = try SecretFile.loadOrCreate(secretPath, count: SensorKeys.secretByteCount)
        guard let keys = SensorKeys(master: master) else { throw ProgramFailure("the master secret is unusable") }
        if let warning = LockedMemory.warning { logger.warning("\(warning)") }
        for model in models where model.thresholds.isEmpty {
            logger.warning(
                "a model has no thresholds: the sensor signs for any that a verifier names",
                metadata: ["model": "\(model.name)"]
            )
        }
        logger.notice("frames come from image files, not from a camera", metadata: ["tray": "\(tray)"])
        return ImageSensor(
            tray: tray,
            models: models,
            keys: keys,
            aligners: try aligners(for: Set(models.map(\.preprocessing.alignment)), configuration)
        )
    }

    private func loadModels(_ configuration: SensorConfiguration) throws -> [EmbeddingModel] {
        let paths = model.isEmpty ? configuration.models ?? [] : model
        guard !paths.isEmpty else { throw ProgramFailure("no model: name a model file by --model") }
        return try paths.map { path in
            do {
                return try EmbeddingModel.load(contentsOf: path)
            } catch {
                throw ProgramFailure("\(path): not a usable model: \(error)")
            }
        }
    }

    private func serve(
        _ service: SensorService,
        of sensor: ImageSensor,
        on listener: VarlinkListener,
        _ notifier: ServiceNotifier,
        _ logger: Logger
    ) async throws {
        let server = VarlinkServer(
            identity: .init(
                vendor: "Semblance",
                product: "semblance-sensor",
                version: Self.configuration.version,
                url: ""
            ),
            services: [service.service],
            listener: listener,
            logger: logger,
            onListening: { notifier.ready(status: "waiting for captures") }
        )
        let heartbeat = HeartbeatService(
            interval: notifier.watchdogInterval,
            beat: { if await sensor.canServe(within: Self.answerLimit) { notifier.watchdog() } },
            onStopping: { notifier.stopping() }
        )
        var group = ServiceGroupConfiguration(
            services: [server, heartbeat],
            gracefulShutdownSignals: [.sigterm, .sigint],
            logger: logger
        )
        group.maximumGracefulShutdownDuration = .seconds(10)
        try await ServiceGroup(configuration: group).run()
    }

    /// Nothing is loaded that no model wants.
    private func aligners(
        for alignments: Set<Alignment>,
        _ configuration: SensorConfiguration
    ) throws -> [any FrameAligner] {
        var aligners: [any FrameAligner] = []
        if alignments.contains(.face112) {
            do {
                let path = cascade ?? configuration.cascade ?? FaceAligner.packagedCascade
                aligners.append(try FaceAligner(cascade: path))
            } catch {
                throw ProgramFailure("faces cannot be aligned: \(error)")
            }
        }
        if alignments.contains(.finger128) {
            do {
                aligners.append(
                    try FingerAligner(
                        localiser: localiser ?? configuration.localiser ?? FingerAligner.packagedLocaliser,
                        dotsPerInch: dpi ?? configuration.dotsPerInch ?? FingerAligner.usualDotsPerInch
                    )
                )
            } catch {
                throw ProgramFailure("fingers cannot be aligned: \(error)")
            }
        }
        return aligners
    }
}
