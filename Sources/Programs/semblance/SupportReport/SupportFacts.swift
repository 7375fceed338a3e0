import Cameras
import Encoding
import Foundation
import ServiceClients
import ServiceSupport

#if canImport(Glibc)
    import Glibc
#endif

/// What a report is made of, before anything is taken out: this never leaves the program.
struct SupportFacts {
    /// Where the configuration is.
    static let folder = "/etc/semblance"

    private static let units = [
        "semblanced.service", "semblanced.socket", "semblance-verifier.service", "semblance-verifier.socket",
        "semblance-sensor.service",
        "semblance-sensor.socket", "semblance-sensor@*.service", "semblance-sensor@*.socket",
    ]
    private static let logLines = 200
    private static let longestFile = 1 << 20
    private static let mostFiles = 64

    let services: ServiceOptions

    /// Each a line.
    func system() -> [String] {
        var kernel = utsname()
        uname(&kernel)
        func text<T>(_ field: T) -> String {
            withUnsafeBytes(of: field) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
        }
        let distribution = (try? String(contentsOfFile: "/etc/os-release", encoding: .utf8))?.split(separator: "\n")
            .first { $0.hasPrefix("PRETTY_NAME=") }.map { $0.dropFirst(12).trimmingCharacters(in: ["\""]) }
        return [
            "semblance \(Release.version)",
            "distribution: \(distribution ?? "unknown")",
            "kernel: \(text(kernel.sysname)) \(text(kernel.release)) \(text(kernel.machine))",
            "service manager: \(access("/run/systemd/system", F_OK) == 0 ? "systemd" : "none")",
            "logind: \(access("/run/systemd/seats", F_OK) == 0 ? "there" : "none")",
        ]
    }

    /// State of each unit; empty without systemd.
    func unitStates() -> [String] {
        guard access(Systemctl.program, X_OK) == 0,
            let program = LineProgram(
                [
                    Systemctl.program, "show", "--no-pager",
                    "--property=Id,LoadState,ActiveState,SubState,Result,NRestarts",
                ]
                    + Self.units
            )
        else { return [] }
        var states: [String] = []
        var state: [String: String] = [:]
        for line in program.remainder() + [""] {
            guard let end = line.firstIndex(of: "=") else {
                if let name = state["Id"], state["LoadState"] != "not-found" {
                    let words = ["ActiveState", "SubState", "Result"].compactMap { state[$0] }.joined(separator: ", ")
                    states.append("\(name): \(words), restarted \(state["NRestarts"] ?? "0") times")
                }
                state = [:]
                continue
            }
            state[String(line[..<end])] = String(line[line.index(after: end)...])
        }
        return states
    }

    func doctor() async -> [Finding] {
        guard let doctor = try? Doctor.parse(["--prover", services.prover, "--verifier", services.verifier]) else {
            return []
        }
        return await doctor.findings()
    }

    /// The regular files of the configuration, by path.
    func configuration() -> [(path: String, data: Data)] {
        let names = FileManager.default.enumerator(atPath: Self.folder)?.compactMap { $0 as? String } ?? []
        return names.filter { $0.hasSuffix(".json") && !$0.hasSuffix(".calibration.json") }.sorted().prefix(
            Self.mostFiles
        ).map { name in
            let path = "\(Self.folder)/\(name)"
            let bytes = try? SafeFile.read(path, maximum: Self.longestFile, privacy: .readable)
            return (path, Data(bytes ?? []))
        }
    }

    func cameras() -> [String] { CameraList().entries.map { "\($0.card): \($0.words)" } }

    /// What semblanced says of itself; nil while it does not answer.
    func prover() async -> ProverClient.Status? {
        try? await ProverClient(path: services.prover).status()
    }

    /// The caller's enrolments, for root everybody's: what is in them must not be in the report.
    func enrolments() async -> [ProverClient.Enrolment] {
        (try? await ProverClient(path: services.prover).list(subject: nil)) ?? []
    }

    /// The last lines of the daemons' logs, oldest first.
    func log() -> [LogLine] {
        guard access(Journal.program, X_OK) == 0,
            let program = LineProgram(
                [Journal.program, "--output=json", "--no-pager", "--quiet", "--lines=\(Self.logLines)"]
                    + Self.units.filter { $0.hasSuffix(".service") }.map { "--unit=\($0)" }
            )
        else { return [] }
        return program.remainder().suffix(Self.logLines).compactMap { LogLine(Data($0.utf8)) }
    }

    /// A line of a log: its words, and of its values those that are choices among a few.
    struct LogLine {
        private static let shown = [
            "OUTCOME", "REASON", "ROLE", "ASSURANCE", "MODALITY", "METHOD", "KIND", "FIELD", "ANSWER",
        ]

        let time: UInt64
        let unit: String
        let priority: Int
        let words: String
        let values: [String]

        init?(_ line: Data) {
            guard let entry = try? JSONSerialization.jsonObject(with: line) as? [String: Any],
                let message = JournalField.text(entry["MESSAGE"]),
                let time = JournalField.text(entry["__REALTIME_TIMESTAMP"]).flatMap({ UInt64($0) }), time < 1 << 60
            else { return nil }
            self.time = time
            unit = JournalField.text(entry["_SYSTEMD_UNIT"]) ?? JournalField.text(entry["UNIT"]) ?? "-"
            priority = JournalField.text(entry["PRIORITY"]).flatMap { Int($0) } ?? 6
            words = JournalField.words(of: entry, message: message)
            values = Self.shown.compactMap { name in
                JournalField.text(entry["SEMBLANCE_\(name)"]).map { "\(name.lowercased())=\($0)" }
            }
        }
    }

    /// Names of people, places and the machine that are known here, by kind.
    func names(_ enrolments: [ProverClient.Enrolment]) -> [String: Set<String>] {
        var users: Set<String> = Set(enrolments.map(\.subject))
        setpwent()
        while let entry = getpwent() {
            let name = String(cString: entry.pointee.pw_name)
            guard Self.isSomebody(name, entry.pointee.pw_uid) else { continue }
            users.insert(name)
            let real = String(cString: entry.pointee.pw_gecos).split(separator: ",").first.map(String.init)
            if let real {
                users.formUnion([real] + real.split(separator: " ").filter { $0.count > 2 }.map(String.init))
            }
        }
        endpwent()
        var host = [CChar](repeating: 0, count: 256)
        gethostname(&host, host.count - 1)
        let name = String(decoding: host.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        return [
            "user": users,
            "host": Set([name, name.split(separator: ".").first.map(String.init) ?? name]).subtracting(["localhost"]),
            "site": Set(enrolments.flatMap { [$0.audience, $0.origin ?? ""] }).union(configuredSites()),
            "label": Set(enrolments.map(\.label)).subtracting(["default"]),
        ]
    }

    /// Paths that the configuration names, and homes.
    func paths() -> Set<String> {
        var paths: Set<String> = []
        func add(_ json: JSON) {
            switch json {
            case .string(let text) where text.hasPrefix("/"): paths.insert(text)
            case .array(let values): values.forEach(add)
            case .object(let members): members.values.forEach(add)
            default: break
            }
        }
        for (_, data) in configuration() {
            if let json = try? JSON(file: data) { add(json) }
        }
        setpwent()
        while let entry = getpwent() { paths.insert(String(cString: entry.pointee.pw_dir)) }
        endpwent()
        return paths
    }

    /// Accounts of packages are the same everywhere, and some are what the report is about.
    private static func isSomebody(_ name: String, _ uid: uid_t) -> Bool {
        let packages: Set<String> = [
            "messagebus", "nobody", "polkitd", "semblance", "semblance-sensor", "semblance-verifier", "sshd", "gdm",
            "lightdm", "sddm",
        ]
        return uid >= 100 && !packages.contains(name) && !name.hasPrefix("systemd-") && !name.hasPrefix("_")
    }

    /// Audiences that the configuration names.
    private func configuredSites() -> Set<String> {
        var sites: Set<String> = []
        for (_, data) in configuration() {
            guard case .object(let members)? = try? JSON(file: data) else { continue }
            if case .string(let audience)? = members["audience"] { sites.insert(audience) }
            if case .object(let verifiers)? = members["verifiers"] { sites.formUnion(verifiers.keys) }
        }
        return sites
    }
}
