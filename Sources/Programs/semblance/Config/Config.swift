import ArgumentParser
import Encoding
import Foundation

struct Config: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "config",
        abstract: "Look at what the daemons' configuration files come to.",
        discussion: """
            Each daemon reads one file and its drop-ins, FILE.d/*.json in the order of their names: semblance-prover.json(5) says \
            how they are merged. Nothing is changed, and no running daemon is asked. For root each file is judged as the daemon's \
            own user, who reads it when the daemon starts.
            """,
        subcommands: [ConfigCheck.self, ConfigShow.self]
    )
}

/// Which files.
struct ConfigFileOptions: ParsableArguments {
    @Option(help: ArgumentHelp("semblanced's file (default: /etc/semblance/prover.json).", valueName: "file"))
    var prover: String?
    @Option(
        help: ArgumentHelp(
            "semblance-sensor's file (default: /etc/semblance/sensor.json and sensor-*.json).",
            valueName: "file"
        )
    )
    var sensor: String?
    @Option(help: ArgumentHelp("semblance-verifier's file (default: /etc/semblance/verifier.json).", valueName: "file"))
    var verifier: String?

    func validate() throws {
        for (flag, file) in [("prover", prover), ("sensor", sensor), ("verifier", verifier)] {
            guard file?.hasPrefix("/") ?? true else { throw ValidationError("--\(flag) is an absolute path.") }
        }
    }

    /// Those that were named, else all that there are.
    func files() throws(CommandFailure) -> [(program: DaemonProgram, file: String)] {
        let named = [(DaemonProgram.prover, prover), (.sensor, sensor), (.verifier, verifier)].compactMap {
            program,
            file in
            file.map { (program, $0) }
        }
        guard named.isEmpty else { return named }
        var files: [(program: DaemonProgram, file: String)] = []
        for program in DaemonProgram.allCases { files += try program.files().map { (program, $0) } }
        return files
    }
}

struct ConfigCheck: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check",
        abstract: "Say of each configuration file whether its daemon would start with it, or what is wrong.",
        discussion: "Exits with 8 where something is wrong."
    )

    @OptionGroup var options: ConfigFileOptions
    @OptionGroup var output: OutputOptions

    /// What `--json` prints of each file.
    private struct Report: Encodable {
        struct Fault: Encodable {
            let file: String
            let key: String?
            let message: String
            let hint: String
        }

        let program: String
        let file: String
        let dropIns: [String]
        let fault: Fault?
    }

    func run() async throws {
        let readings = try options.files().map { try ConfigurationReading($0.program, file: $0.file) }
        if output.json {
            try Terminal.result(
                json: readings.map { reading in
                    Report(
                        program: reading.program.name,
                        file: reading.file,
                        dropIns: Array(reading.files.dropFirst()),
                        fault: reading.fault.map {
                            .init(file: $0.file, key: $0.key, message: $0.message, hint: reading.hint)
                        }
                    )
                }
            )
        } else {
            readings.forEach(Self.show)
            if readings.isEmpty {
                Terminal.note("nothing is configured in /etc/semblance: semblance-prover.json(5) and its like say how")
            }
        }
        if readings.contains(where: { $0.fault != nil }) { throw ExitCode(ExitStatus.badInput.rawValue) }
    }

    private static func show(_ reading: ConfigurationReading) {
        guard let words = reading.faultWords else {
            let dropIns = reading.files.count > 1 ? " and \(reading.files.count - 1) drop-in(s)" : ""
            return Terminal.result("ok    \(reading.file)\(dropIns)")
        }
        Terminal.result("FAIL  \(words)")
        Terminal.result("        hint: \(reading.hint)")
    }
}

struct ConfigShow: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show",
        abstract: "Print each key that is in force, its value, and the file that it is from, or that it is a default.",
        discussion: "What is secret is not shown. Keys without a value and without a default are left out."
    )

    @Argument(
        help: ArgumentHelp("prover, sensor or verifier; all if left out.", valueName: "daemon"),
        completion: .list(DaemonProgram.allCases.map(\.rawValue))
    )
    var daemon: DaemonProgram?
    @OptionGroup var options: ConfigFileOptions
    @OptionGroup var output: OutputOptions

    func run() async throws {
        let files = try options.files().filter { daemon == nil || $0.program == daemon }
        guard !files.isEmpty else {
            throw CommandFailure(
                .badInput,
                daemon.map { "\($0.name) has no configuration file" } ?? "nothing is configured",
                hint: "semblance-prover.json(5) and its like have the keys"
            )
        }
        let readings = try files.map { try ConfigurationReading($0.program, file: $0.file) }
        if output.json {
            Terminal.result(String(decoding: JSON.array(readings.map(Self.json)).encode(), as: UTF8.self))
        } else {
            readings.forEach(Self.show)
        }
        for reading in readings {
            guard let words = reading.faultWords else { continue }
            // A document was printed already.
            guard !output.json else { throw ExitCode(ExitStatus.badInput.rawValue) }
            throw CommandFailure(.badInput, words, hint: reading.hint)
        }
    }

    private static func json(_ reading: ConfigurationReading) -> JSON {
        [
            "program": .string(reading.program.name), "file": .string(reading.file),
            "values": .array(
                reading.values.map {
                    ["key": .string($0.key), "value": $0.value, "source": .string($0.source ?? "default")]
                }
            ),
        ]
    }

    private static func show(_ reading: ConfigurationReading) {
        Terminal.result("\(reading.program.name), \(reading.file):")
        let rows = reading.values.map {
            (key: $0.key, value: String(decoding: $0.value.encode(), as: UTF8.self), source: $0.source)
        }
        let width = rows.map(\.key.count).max() ?? 0
        for row in rows {
            let key = row.key.padding(toLength: width, withPad: " ", startingAt: 0)
            Terminal.result("  \(key)  \(DisplayName.shown(row.value))  (\(row.source ?? "default"))")
        }
    }
}

extension DaemonProgram: ExpressibleByArgument {}
