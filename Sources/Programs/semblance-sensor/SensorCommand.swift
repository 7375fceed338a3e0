import ArgumentParser
import Cameras
import Encoding
import FaceAlignment
import FingerprintAlignment
import Imaging
import IntegerNetwork
import Logging
import Models
import Readers
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
            prover's user only. Frames come from a camera, which is open, with its light on, only while a capture \
            looks; from a fingerprint reader, by libfprint, which other programs have while no capture looks; or from the \
            image files of a directory, the tray: each capture takes the next file in name order. A \
            camera is named by what stays: its link in /dev/v4l/by-id or by-path, or what its driver calls it; a reader \
            by its driver. For several devices run one for each, with models of its modality, a socket and a secret of its own \
            (semblance-sensor@.socket); the instances "camera" and "reader" have the rights that these take. Flags go before \
            the configuration file, semblance-sensor.json(5), and its drop-ins.
            """,
        version: Release.version
    )

    @Option(help: ArgumentHelp("Read options from this JSON file.", valueName: "file"))
    var config: String?

    @Flag(help: "Print what the configuration file says and whether it can be used, as JSON, and exit.")
    var reportConfig = false

    @Option(help: ArgumentHelp("Make the socket here (default: /run/semblance-sensor/sensor).", valueName: "path"))
    var socket: String?

    @Option(help: ArgumentHelp("Take image files from here.", valueName: "directory"))
    var tray: String?

    @Option(
        help: ArgumentHelp("Look through this camera, or through the first there is (auto).", valueName: "name")
    )
    var camera: String?

    @Option(
        help: ArgumentHelp(
            "Which of the camera's sensors: auto (infrared where there is one), infrared or colour.",
            valueName: "kind"
        )
    )
    var cameraKind: CameraKind?

    @Flag(help: "Print the cameras of this machine, their names and what each can do, and exit.")
    var listCameras = false

    @Option(
        help: ArgumentHelp("Use this fingerprint reader, or the only one that there is (auto).", valueName: "name")
    )
    var reader: String?

    @Option(
        help: ArgumentHelp(
            "What ridges look like in the reader's pictures: dark, as libfprint hands them on, or light.",
            valueName: "tone"
        )
    )
    var readerRidges: ReaderChoice.Ridges?

    @Flag(help: "Print the fingerprint readers of this machine, their names and which can be used, and exit.")
    var listReaders = false

    @Flag(help: "With --list-readers: print one JSON document.")
    var json = false

    @Option(help: ArgumentHelp("A model file; repeat for more.", valueName: "file"))
    var model: [String] = []

    @Option(help: ArgumentHelp("Find faces with this cascade (default: that of opencv-data).", valueName: "file"))
    var cascade: String?

    @Option(help: ArgumentHelp("Find fingers with this model file (default: the installed one).", valueName: "file"))
    var localiser: String?

    @Option(
        help: ArgumentHelp(
            "Resolution of fingerprint pictures, dots per inch (default: 500; of a reader, what its driver says).",
            valueName: "number"
        )
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

    func validate() throws {
        guard !json || listReaders else { throw ValidationError("--json goes with --list-readers.") }
    }

    /// A sensor that lets others wait for longer is not well.
    private static let answerLimit = Duration.seconds(10)

    func run() async throws {
        if listCameras { return Self.printCameras() }
        if listReaders { return try Self.printReaders(asJSON: json) }
        if reportConfig { return printReport() }
        guard await Daemon.run("semblance-sensor", sockets: ["sensor"], serve) else { throw ExitCode.failure }
    }

    private func serve(_ daemon: Daemon) async throws {
        _ = DescriptorLimit.raise(to: VarlinkLimits().descriptorCount + Daemon.descriptorReserve)
        let configuration = try merged()
        let prover = try Daemon.uid(of: configuration.proverUser, role: "prover")
        daemon.warnOfUnlockedMemory()
        let sensor = try makeSensor(configuration, daemon.logger)
        let server = try daemon.varlinkServer(
            [SensorService(sensor: sensor, prover: prover, seat: configuration.seat).service],
            socket: "sensor",
            path: configuration.socket,
            onListening: { daemon.notifier.ready(status: "waiting for captures") }
        )
        try await daemon.serve([server], isHealthy: { await sensor.canServe(within: Self.answerLimit) })
    }

    private func makeSensor(_ configuration: SensorConfiguration, _ logger: Logger) throws -> ImageSensor {
        let models = try loadModels(configuration.models)
        let master = try SecretFile.loadOrCreate(configuration.secret, count: SensorKeys.secretByteCount)
        guard let keys = SensorKeys(master: master) else { throw ProgramFailure("the master secret is unusable") }
        for model in models where model.thresholds.isEmpty {
            logger.warning(
                "a model has no thresholds: the sensor signs for any that a verifier names",
                metadata: ["model": "\(model.name)"]
            )
        }
        return ImageSensor(
            source: try source(configuration, models, logger),
            models: models,
            keys: keys,
            aligners: try aligners(for: Set(models.map(\.preprocessing.alignment)), configuration)
        )
    }

    /// What starts would look at, but for devices and secrets: those need not be this user's.
    private func printReport() {
        let report = ConfigurationReport(
            of: SensorConfiguration.self,
            at: config ?? "/etc/semblance/sensor.json",
            further: [
                ("cascade", .string(FaceAligner.packagedCascade)),
                ("localiser", .string(FingerAligner.packagedLocaliser)),
            ]
        ) { configuration in
            let source = try configuration.source()
            let models = try loadModels(configuration.models)
            try Self.checkModality(models, of: source)
            _ = try aligners(for: Set(models.map(\.preprocessing.alignment)), configuration)
        }
        print(String(decoding: report.json.encode(), as: UTF8.self))
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
        var merged = try SensorConfiguration.load(config)
        merged.socket = socket ?? merged.socket
        // A flag names the source, whichever the file has.
        if tray != nil || camera != nil || reader != nil {
            (merged.tray, merged.camera, merged.reader) = (tray, camera, reader)
        }
        merged.cameraKind = cameraKind?.rawValue ?? merged.cameraKind
        merged.readerRidges = readerRidges?.rawValue ?? merged.readerRidges
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
