import Encoding
import Foundation
import ServiceSupport

#if canImport(Glibc)
    import Glibc
#endif

/// Other programs, run by their paths, without a shell and with an environment of nothing but what they need.
enum ProgramRun {
    struct Output {
        let status: Int32
        /// What it wrote; with its errors where these were asked for.
        let text: String

        /// The last line, which mostly says why, fit for a terminal: another user's program may have written it.
        var lastLine: String? { text.split(separator: "\n").last.map { DisplayName.shown(String($0)) } }
    }

    /// What these programs have of an environment.
    static let environment = ["PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C.UTF-8"]

    /// How root runs a command as another user, with nothing of root's left.
    static func words(_ command: [String], as user: String) -> [String] {
        [
            "/usr/bin/setpriv", "--reuid=\(user)", "--regid=\(user)", "--init-groups", "--inh-caps=-all",
            "--bounding-set=-all", "--no-new-privs", "--",
        ]
            + command
    }

    /// What a program may take.
    struct Limits {
        /// Service managers wait for as long as units may take to start.
        var time = Duration.seconds(180)
        var byteCount = 4 << 20
    }

    /// Runs it to its end, in a session of its own.
    ///
    /// - Throws: where it cannot be started, or takes more than it may; it is ended then.
    static func run(
        _ words: [String],
        keepsErrors: Bool = true,
        environment: [String: String] = Self.environment,
        limits: Limits = Limits()
    ) throws(CommandFailure) -> Output {
        let name = words.first ?? ""
        guard let program = SessionProgram(words, keepsErrors: keepsErrors, environment: environment) else {
            throw CommandFailure(.failure, "cannot run \(name)")
        }
        let deadline = ContinuousClock.now + limits.time
        var bytes: [UInt8] = []
        var part = [UInt8](repeating: 0, count: 65536)
        reading: while true {
            let count = read(program.output, &part, part.count)
            switch (count, errno) {
            case (0, _): break reading
            case (1..., _): bytes += part[..<count]
            case (_, EINTR): continue
            case (_, EAGAIN):
                var descriptor = pollfd(fd: program.output, events: Int16(POLLIN), revents: 0)
                poll(&descriptor, 1, 100)
            default:
                program.abandon()
                throw CommandFailure(.failure, "cannot read what \(name) prints: \(String(cString: strerror(errno)))")
            }
            guard bytes.count <= limits.byteCount else {
                program.abandon()
                throw CommandFailure(.failure, "\(name) printed more than \(limits.byteCount) bytes and was ended")
            }
            guard ContinuousClock.now < deadline else { break }
        }
        guard let status = program.exitStatus(by: deadline) else {
            program.abandon()
            throw CommandFailure(
                .failure,
                "\(name) did not end within \(limits.time.components.seconds) seconds and was ended"
            )
        }
        return Output(status: status, text: String(decoding: bytes, as: UTF8.self))
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

    /// The account that it runs as.
    var account: String {
        switch self {
        case .prover: "semblance"
        case .sensor, .verifier: name
        }
    }

    /// Where it is if it lies in the folder of this program.
    private var besideThis: String {
        let own = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
        return "\(own?.parentPath ?? "/usr/bin")/\(name)"
    }

    /// The program with its arguments, which root runs as the program's own user; nil where it is not installed.
    ///
    /// What it reads is then judged as when it serves, it leaves no files of root's, and whatever it is led to is not root's process.
    func command(_ arguments: [String]) throws(CommandFailure) -> [String]? {
        guard let path = try path() else { return nil }
        guard geteuid() == 0 else { return [path] + arguments }
        guard UserName.uid(ofAccount: account) != nil else {
            throw CommandFailure(
                .failure,
                "there is no user \(account), as whom \(name) runs",
                hint: "systemd-sysusers && systemd-tmpfiles --create"
            )
        }
        return ProgramRun.words([path] + arguments, as: account)
    }

    /// The program's path; nil where it is not installed. Root runs none that others could have put there.
    private func path() throws(CommandFailure) -> String? {
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
    ///
    /// - Throws: where there is a folder that cannot be looked into.
    func files(in folder: String = "/etc/semblance") throws(CommandFailure) -> [String] {
        let names: [String]
        do {
            names = try DirectoryNames.read(folder)
        } catch .missing {
            return []
        } catch {
            throw CommandFailure(.badInput, "\(error)", hint: "run it as root, or name a file")
        }
        return names.filter { name in
            name == "\(rawValue).json" || (self == .sensor && name.hasPrefix("sensor-") && name.hasSuffix(".json"))
        }.map { "\(folder)/\($0)" }
    }
}
