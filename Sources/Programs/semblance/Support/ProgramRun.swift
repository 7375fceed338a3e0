import Encoding
import Foundation
import ServiceSupport

/// Other programs, run by their paths, without a shell and with an environment of nothing but what they need.
enum ProgramRun {
    struct Output {
        let status: Int32
        /// What it wrote; with its errors where these were asked for.
        let text: String

        /// The last line, which mostly says why.
        var lastLine: String? { text.split(separator: "\n").last.map(String.init) }
    }

    /// What these programs have of an environment.
    static let environment = ["PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C.UTF-8"]

    /// How root runs a command as another user, with nothing of root's left.
    static func words(_ command: [String], as user: String) -> [String] {
        [
            "/usr/bin/setpriv", "--reuid=\(user)", "--regid=\(user)", "--init-groups", "--inh-caps=-all",
            "--no-new-privs", "--",
        ]
            + command
    }

    static func run(_ path: String, _ arguments: [String], keepsErrors: Bool = true) throws -> Output {
        let process = Process()
        process.executableURL = URL(filePath: path)
        process.arguments = arguments
        process.environment = environment
        process.currentDirectoryURL = URL(filePath: "/")
        process.standardInput = FileHandle.nullDevice
        let output = Pipe()
        process.standardOutput = output
        process.standardError = keepsErrors ? output : FileHandle.nullDevice
        do {
            try process.run()
        } catch {
            throw CommandFailure(.failure, "cannot run \(path): \(error.localizedDescription)")
        }
        let data = output.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return Output(status: process.terminationStatus, text: String(decoding: data, as: UTF8.self))
    }
}

/// The daemons, each with a configuration file.
enum DaemonProgram: String, CaseIterable, Sendable {
    case prover, sensor, verifier

    var name: String {
        switch self {
        case .prover: "semblanced"
        case .sensor: "semblance-sensor"
        case .verifier: "semblance-verifier"
        }
    }

    /// Where they are installed, unless they lie beside this program.
    private static let folder = "/usr/libexec/semblance"

    /// Where it is if it lies in the folder of this program.
    var besideThis: String {
        let own = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
        return "\(own?.parentPath ?? "/usr/bin")/\(name)"
    }

    /// The program's path; nil where it is not installed. Root runs none that others could have put there.
    func path() throws(CommandFailure) -> String? {
        let places = [besideThis, "\(Self.folder)/\(name)"]
        guard let path = places.first(where: { FileManager.default.isExecutableFile(atPath: $0) }) else { return nil }
        guard geteuid() == 0 else { return path }
        do {
            let target = try TrustedPath.resolve(path)
            try SafeFile.check(target, privacy: .readable)
            return target
        } catch {
            throw CommandFailure(.unavailable, "\(name) is not safe to run: \(error)")
        }
    }

    /// The configuration files that there are: one, and of sensors one more for each instance.
    func files(in folder: String = "/etc/semblance") -> [String] {
        let names = ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []).filter { name in
            name == "\(rawValue).json" || (self == .sensor && name.hasPrefix("sensor-") && name.hasSuffix(".json"))
        }
        return names.sorted().map { "\(folder)/\($0)" }
    }
}
