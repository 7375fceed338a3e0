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
    private static let verifierFile = "\(folder)/verifier.json"
    /// Where enrolments with this machine's own verifier were made.
    private static let verifier = "unix:\(ServiceOptions.usualVerifier)"

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

    /// A configuration file with its drop-ins.
    private func layers(_ path: String) throws(FileError) -> LayeredConfiguration {
        let dropIns = try dropIns(of: path).map { ($0.path, $0.text) }
        return try LayeredConfiguration(path, text: text(path), dropIns: dropIns)
    }

    private func dropIns(of path: String) throws(FileError) -> [SetupFacts.DropIn] {
        var found: [SetupFacts.DropIn] = []
        for dropIn in try LayeredConfiguration.dropIns(of: path) {
            // One that has gone meanwhile says nothing.
            if let text = try text(dropIn) { found.append(SetupFacts.DropIn(path: dropIn, text: text)) }
        }
        return found
    }

    /// The sensor of the configuration that there is.
    func configuredSensor() throws -> SetupSensor? {
        for path in try DaemonProgram.sensor.files(in: Self.folder) {
            if let sensor = SensorFinder.sensor(configuredBy: try layers(path).members) { return sensor }
        }
        return nil
    }

    /// Whether the verifier has that model already, at a rate that somebody chose.
    func isListed(_ identity: String) throws -> Bool {
        guard case .object(let policy)? = try layers(Self.verifierFile).members["policy"],
            case .array(let models)? = policy["models"]
        else { return false }
        return models.contains { entry in
            guard case .object(let members) = entry else { return false }
            return members["identity"] == .string(identity)
        }
    }

    func facts(_ choice: SetupChoice) async throws -> SetupFacts {
        var facts = SetupFacts()
        let files = Set([choice.sensor.configuration, "\(Self.folder)/sensor.json"]).union(
            [DaemonProgram.prover, .verifier].map { "\(Self.folder)/\($0.rawValue).json" }
        )
        for path in files {
            facts.texts[path] = try text(path)
            facts.dropIns[path] = try dropIns(of: path)
        }
        facts.publishedIdentity = try publishedIdentity(choice.model.published)
        if case .tray(let path) = choice.sensor { facts.hasTray = try hasTray(path) }
        facts.hasDatabase = access(try database(), F_OK) == 0
        if Systemctl.isThere {
            let units = SetupPlan.units(choice.sensor)
            facts.inactiveUnits = try units.enabled.filter { try !isUp($0) }
            facts.staleUnits = try units.services.filter { try isStale($0, Self.layers(of: facts)) }
        }
        facts.canSealKey = try choice.sealsKey && Systemctl.isThere && VaultKeyStore.canSeal && VaultKeyPlace().isBare
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

    private func database() throws(FileError) -> String {
        guard case .string(let path)? = try layers(Self.verifierFile).members["database"] else {
            return "/var/lib/semblance-verifier/verifier.sqlite"
        }
        return path
    }

    // -- services

    private func isUp(_ unit: String) throws -> Bool {
        try ["is-active", "is-enabled"].allSatisfy { try Systemctl.run([$0, "--quiet", unit]).status == 0 }
    }

    /// Configuration files with their drop-ins, and the directories of these, which change where one is taken away.
    private static func layers(of facts: SetupFacts) -> [String] {
        facts.dropIns.flatMap { [$0, LayeredConfiguration.dropInDirectory(of: $0)] + $1.map(\.path) }
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
    static let program = "/usr/bin/systemctl"
    /// Whether systemd is what runs this machine.
    static let isThere = FileManager.default.fileExists(atPath: "/run/systemd/system")

    static func run(_ arguments: [String]) throws -> ProgramRun.Output {
        try ProgramRun.run([program, "--no-pager"] + arguments)
    }

    /// - Throws: where it does not succeed.
    static func perform(_ arguments: [String], hint: String) throws {
        let done = try run(arguments)
        guard done.status == 0 else {
            throw CommandFailure(
                .unavailable,
                "systemctl \(arguments.joined(separator: " ")) failed: \(done.lastLine ?? "status \(done.status)")",
                hint: hint
            )
        }
    }
}
