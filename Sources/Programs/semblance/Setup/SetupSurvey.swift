import Encoding
import Foundation
import ModelTools
import ServiceClients
import ServiceSupport
import Setup

#if canImport(Glibc)
    import Glibc
#endif

/// Looks at what there is, and changes nothing.
struct SetupSurvey {
    private static let folder = "/etc/semblance"
    /// Where enrolments with this machine's own verifier were made.
    private static let verifier = "unix:\(ServiceOptions.usualVerifier)"
    private static let hasServiceManager = FileManager.default.fileExists(atPath: "/run/systemd/system")

    /// The text of a configuration file; nil where there is none.
    ///
    /// - Throws: where it is a link, or somebody else could have written it.
    func text(_ path: String) throws(FileError) -> String? {
        let bytes: [UInt8]
        do {
            bytes = try SafeFile.read(path, maximum: ConfigurationFile.maximumByteCount, privacy: .readable)
        } catch .missing {
            return nil
        }
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw .malformed(path: path, reason: "not UTF-8")
        }
        return text
    }

    /// The sensor of the configuration that there is.
    func configuredSensor() throws(FileError) -> SetupSensor? {
        for path in DaemonProgram.sensor.files(in: Self.folder) {
            if let sensor = try text(path).flatMap(SensorFinder.sensor(configuredBy:)) { return sensor }
        }
        return nil
    }

    func facts(_ choice: SetupChoice) async throws -> SetupFacts {
        var facts = SetupFacts()
        for path in Set([choice.sensor.configuration, "\(Self.folder)/sensor.json"]).union(
            [DaemonProgram.prover, .verifier].map { "\(Self.folder)/\($0.rawValue).json" }
        ) {
            facts.texts[path] = try text(path)
        }
        facts.publishedIdentity = try publishedIdentity(choice.model.published)
        if case .tray(let path) = choice.sensor { facts.hasTray = try hasTray(path) }
        facts.hasDatabase = access(database(facts.texts["\(Self.folder)/verifier.json"]), F_OK) == 0
        if Self.hasServiceManager {
            let units = SetupPlan.units(choice.sensor)
            facts.inactiveUnits = try units.enabled.filter { try !isUp($0) }
            facts.staleUnits = try units.services.filter { try isStale($0, facts.texts.keys.flatMap(Self.layers(of:))) }
        }
        if let person = choice.person { facts.isEnrolled = await isEnrolled(person, choice.model.modality) }
        facts.doLoginsAsk = try doAsk(choice.logins)
        return facts
    }

    private func publishedIdentity(_ path: String) throws -> String? {
        do {
            try SafeFile.check(path, privacy: .readable)
        } catch .missing {
            return nil
        }
        do {
            return try ModelCommands.inspect(path).identity
        } catch {
            throw CommandFailure(unusableModel: path, error)
        }
    }

    /// - Throws: where something else than a directory is there, or a stranger could lead the sensor elsewhere.
    private func hasTray(_ path: String) throws(FileError) -> Bool {
        var info = stat()
        let isThere = lstat(path, &info) == 0
        guard !isThere || info.st_mode & S_IFMT == S_IFDIR else { throw .wrongKind(path: path) }
        var parent = path.split(separator: "/").dropLast()
        while access("/" + parent.joined(separator: "/"), F_OK) != 0, !parent.isEmpty { parent = parent.dropLast() }
        _ = try TrustedPath.resolve("/" + parent.joined(separator: "/"))
        guard isThere else { return false }
        if info.st_uid != 0 || info.st_mode & 0o022 != 0 {
            Terminal.note(
                "warning: others than root can write to \(path); whoever can is the person in front of the sensor"
            )
        }
        return true
    }

    private func database(_ text: String?) -> String {
        guard let text, case .object(let members)? = try? JSON(file: text.utf8),
            case .string(let path)? = members["database"]
        else { return "/var/lib/semblance-verifier/verifier.sqlite" }
        return path
    }

    // -- services

    private func isUp(_ unit: String) throws -> Bool {
        try ["is-active", "is-enabled"].allSatisfy { try Systemctl.run([$0, "--quiet", unit]).status == 0 }
    }

    /// A configuration file with its drop-ins, and their directory, which changes where one is taken away.
    private static func layers(of path: String) -> [String] {
        [LayeredConfiguration.dropInDirectory(of: path)] + ((try? LayeredConfiguration.read(path).files) ?? [path])
    }

    /// Whether the service has run since before a file of its configuration was written, to the second.
    private func isStale(_ unit: String, _ files: [String]) throws -> Bool {
        let property = ["show", "--timestamp=unix", "--property=ExecMainStartTimestamp", "--value", unit]
        let text = try Systemctl.run(property).text.trimmingCharacters(in: .whitespacesAndNewlines)
        guard text.hasPrefix("@"), let started = Int(text.dropFirst()) else { return false }
        return files.contains { file in
            var info = stat()
            return stat(file, &info) == 0 && started <= info.st_mtim.tv_sec
        }
    }

    // -- persons

    private func isEnrolled(_ person: SetupPerson, _ modality: String) async -> Bool {
        guard let prover = try? await ProverClient(path: ServiceOptions.usualProver),
            let enrolments = try? await prover.list(subject: person.user)
        else { return false }
        return enrolments.contains {
            $0.state == "active" && $0.modality == modality && $0.label == person.label
                && $0.origin ?? Self.verifier == Self.verifier
        }
    }

    private func doAsk(_ logins: SetupLogins) throws -> Bool {
        let service: String
        switch logins {
        case .asTheyAre: return false
        case .everyService: service = "common-auth"
        case .service(let name): service = name
        }
        return try PamSystem(PamOptions.parse([])).report(of: service).asks
    }
}

/// The service manager.
enum Systemctl {
    static func run(_ arguments: [String]) throws -> ProgramRun.Output {
        try ProgramRun.run("/usr/bin/systemctl", ["--no-pager"] + arguments)
    }
}
