import ArgumentParser
import Encoding
import FaceAlignment
import FingerprintAlignment
import Imaging
import IntegerNetwork
import Logging
import Models
import SensorCore
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
        guard await Daemon.run("semblance-sensor", sockets: ["sensor"], serve) else { throw ExitCode.failure }
    }

    private func serve(_ daemon: Daemon) async throws {
        _ = DescriptorLimit.raise(to: VarlinkLimits().descriptorCount + Daemon.descriptorReserve)
        let configuration = try merged()
        let prover = try Daemon.uid(of: configuration.proverUser ?? "semblance", role: "prover")
        daemon.warnOfUnlockedMemory()
        let sensor = try makeSensor(configuration, daemon.logger)
        let server = try daemon.varlinkServer(
            [SensorService(sensor: sensor, prover: prover, seat: configuration.seat).service],
            socket: "sensor",
            path: configuration.socket ?? "/run/semblance-sensor/sensor",
            onListening: { daemon.notifier.ready(status: "waiting for captures") }
        )
        try await daemon.serve([server], isHealthy: { await sensor.canServe(within: Self.answerLimit) })
    }

    private func makeSensor(_ configuration: SensorConfiguration, _ logger: Logger) throws -> ImageSensor {
        guard let tray = configuration.tray else {
            throw ProgramFailure("no tray: name a directory of image files by --tray")
        }
        let models = try loadModels(configuration.models ?? [])
        let secretPath = configuration.secret ?? "/var/lib/semblance-sensor/secret"
        let master = try SecretFile.loadOrCreate(secretPath, count: SensorKeys.secretByteCount)
        guard let keys = SensorKeys(master: master) else { throw ProgramFailure("the master secret is unusable") }
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

    private func loadModels(_ paths: [String]) throws -> [EmbeddingModel] {
        guard !paths.isEmpty else { throw ProgramFailure("no model: name a model file by --model") }
        return try paths.map { path in
            do {
                return try EmbeddingModel.load(contentsOf: path)
            } catch {
                throw ProgramFailure("\(path): not a usable model: \(error)")
            }
        }
    }

    /// The file's options with the flags on top.
    private func merged() throws -> SensorConfiguration {
        var merged = try config.map { try SensorConfiguration.load($0) } ?? SensorConfiguration()
        merged.socket = socket ?? merged.socket
        merged.tray = tray ?? merged.tray
        merged.models = model.isEmpty ? merged.models : model
        merged.cascade = cascade ?? merged.cascade
        merged.localiser = localiser ?? merged.localiser
        merged.dotsPerInch = dpi ?? merged.dotsPerInch
        merged.secret = secret ?? merged.secret
        merged.proverUser = proverUser ?? merged.proverUser
        merged.seat = seat ?? merged.seat
        return merged
    }

    /// Nothing is loaded that no model wants.
    private func aligners(
        for alignments: Set<Alignment>,
        _ configuration: SensorConfiguration
    ) throws -> [any FrameAligner] {
        var aligners: [any FrameAligner] = []
        if alignments.contains(.face112) {
            do {
                let path = configuration.cascade ?? FaceAligner.packagedCascade
                aligners.append(try FaceAligner(cascade: path))
            } catch {
                throw ProgramFailure("faces cannot be aligned: \(error)")
            }
        }
        if alignments.contains(.finger128) {
            do {
                aligners.append(
                    try FingerAligner(
                        localiser: configuration.localiser ?? FingerAligner.packagedLocaliser,
                        dotsPerInch: configuration.dotsPerInch ?? FingerAligner.usualDotsPerInch
                    )
                )
            } catch {
                throw ProgramFailure("fingers cannot be aligned: \(error)")
            }
        }
        return aligners
    }
}
