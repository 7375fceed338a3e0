import ArgumentParser
import Foundation
import ModelTools
import PamConfiguration
import ServiceClients

#if canImport(Glibc)
    import Glibc
#endif

struct Doctor: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Look for what keeps a login from working, and say what to do about it.",
        discussion: """
            Reads only. With --user and --service it says whether that account can log in by that PAM service, and exits with 0 \
            exactly when it can; warnings change nothing about that. It makes the PAM module's own checks, of a login that \
            starts where it is run itself; where root asks about somebody, of one in that person's sessions.
            """
    )

    @OptionGroup var services: ServiceOptions
    @Option(
        help: ArgumentHelp("The account; yours unless named, for root none.", valueName: "name"),
        completion: .accounts
    )
    var user: String?
    @Option(
        help: ArgumentHelp("The PAM service that is to be used, for example sudo.", valueName: "name"),
        completion: .services
    )
    var service: String?
    @Option(
        help: ArgumentHelp("Also check this published model, or model file.", valueName: "file"),
        completion: .models
    )
    var model: String?
    @OptionGroup var aligner: AlignerOptions

    @OptionGroup var output: OutputOptions

    func validate() throws {
        try SubjectOptions.check(user: user, modality: nil, label: nil)
        guard service.map({ !$0.isEmpty && !$0.contains("/") }) ?? true else {
            throw ValidationError("--service is the name of a file in /etc/pam.d.")
        }
    }

    func run() async throws {
        let findings = await findings()
        if output.json {
            try Terminal.result(json: findings)
        } else {
            for finding in findings {
                Terminal.result("\(finding.mark)  \(finding.check): \(finding.detail)")
                if let hint = finding.hint { Terminal.result("        hint: \(hint)") }
            }
        }
        if findings.contains(where: { !$0.ok }) { throw ExitCode(ExitStatus.unavailable.rawValue) }
    }

    /// Everything that is looked at.
    func findings() async -> [Finding] {
        var findings: [Finding] = checkUnits()
        findings += await checkProver()
        if let finding = checkVaultKey() { findings.append(finding) }
        if let finding = checkTray() { findings.append(finding) }
        findings += checkCameras()
        findings += checkReaders()
        await findings.append(checkVerifier())
        // Root asks for the machine, unless he names somebody: root himself need not be enrolled.
        let subject = user ?? (geteuid() == 0 ? nil : try? Account.current())
        if let subject { await findings.append(checkEnrolments(of: subject)) }
        if let model {
            await findings.append(checkModel(model))
            if let finding = checkAligner(model) { findings.append(finding) }
            if let finding = await checkCalibration(model) { findings.append(finding) }
        }
        findings += checkLogin(of: subject)
        findings.append(checkLockedMemory())
        findings.append(Self.checkCoreDumps())
        return findings
    }

    private func checkProver() async -> [Finding] {
        do {
            let status = try await ProverClient(path: services.prover).status()
            guard !status.sensor.isEmpty else {
                let none = Finding(
                    "prover",
                    ok: false,
                    "semblanced answers, but has no sensor",
                    hint: "is semblance-sensor running?"
                )
                return [none] + status.sensors.map { Finding("sensor \($0.name)", ok: false, $0.words) }
            }
            let prover = Finding(
                "prover",
                "semblanced \(status.version), sensor \(status.sensor), \(status.models.count) model(s)"
            )
            guard status.sensors.count > 1 || status.sensors.contains(where: { $0.fault != nil }) else {
                return [prover]
            }
            // A login works with the sensors that are left.
            let isOneLeft = status.sensors.contains { $0.fault == nil }
            return [prover]
                + status.sensors.map { sensor in
                    let others = isOneLeft ? "logins go on without it; " : ""
                    let hint = sensor.fault.map { _ in others + "look at its service and its log" }
                    return Finding("sensor \(sensor.name)", ok: isOneLeft, sensor.words, hint: hint)
                }
        } catch {
            return [Finding("prover", error)]
        }
    }

    private func checkVerifier() async -> Finding {
        do {
            let identity = try await VerifierClients.connect(to: services.verifier).identity()
            return Finding("verifier", "\(identity.audience), key \(identity.verifierKey)")
        } catch {
            return Finding("verifier", error)
        }
    }

    /// Whether the file is sound, and the sensor has the model.
    private func checkModel(_ path: String) async -> Finding {
        let description: ModelDescription
        do {
            description = try ModelCommands.inspect(path)
        } catch {
            return Finding("model", CommandFailure(unusableModel: path, error))
        }
        let known = (try? await ProverClient(path: services.prover).status())?.models.contains(description.identity)
        return Finding(
            "model",
            ok: known ?? false,
            "\(description.name), \(description.parameterRows) rows, identity \(description.identity)",
            hint: known ?? false ? nil : "the sensor has another model, or does not answer"
        )
    }

    /// Whether the thresholds were measured on sensors like those at hand. A warning: they may hold all the same.
    private func checkCalibration(_ path: String) async -> Finding? {
        guard let description = try? ModelCommands.inspect(path) else { return nil }
        guard let note = CalibrationNote.load(beside: path, identity: description.identity) else {
            return Finding(
                "calibration",
                "nothing beside the model says on whom and on which sensors its thresholds were measured",
                hint: Self.calibrationHint
            )
        }
        let kinds = Self.kinds(of: try? await ProverClient(path: services.prover).status(), for: note.modality)
        let others = kinds.filter { !note.covers(sensor: $0) }
        guard !others.isEmpty else { return Finding("calibration", note.description) }
        return Finding(
            "calibration",
            "the thresholds were measured on \(note.description), not on a sensor of the kind \(others.joined(separator: ", "))",
            hint: Self.calibrationHint
        )
    }

    static let calibrationHint =
        "false match rates of other sensors are not known: semblance model calibrate measures them (docs/calibration.md)"

    /// The kinds of the sensors at hand that capture a modality.
    static func kinds(of status: ProverClient.Status?, for modality: String) -> [String] {
        let kinds = status?.sensors.filter { $0.modalities.contains(modality) && !$0.kind.isEmpty }.map(\.kind) ?? []
        return Set(kinds).sorted()
    }

    /// Whether what the model's alignment takes is where a sensor looks unless it is told otherwise.
    private func checkAligner(_ path: String) -> Finding? {
        guard let alignment = try? ModelCommands.published(path).preprocessing.alignment else { return nil }
        do {
            switch alignment {
            case .none: return nil
            case .face112: _ = try aligner.faceAligner()
            case .finger128: _ = try aligner.fingerAligner()
            }
            return Finding("alignment", "what \(alignment.rawValue) takes is here")
        } catch {
            let hint =
                alignment == .face112
                ? "apt-get install opencv-data, or name a --cascade" : "sudo make install, or name a --localiser"
            return Finding("alignment", ok: false, Finding("", error).detail, hint: hint)
        }
    }

    /// The module, the service's stack, and what the module would do.
    private func checkLogin(of subject: String?) -> [Finding] {
        guard let service else { return [Self.checkModule(at: nil)] }
        let (stack, entry) = checkStack(of: service)
        var findings = [Self.checkModule(at: entry?.path)] + stack
        if let subject, let entry {
            findings += ModuleCheck.findings(user: subject, service: service, arguments: entry.arguments)
        }
        return findings
    }

    /// - Parameter path: as the stack names it; libpam looks for names that are not absolute where modules are.
    private static func checkModule(at path: String?) -> Finding {
        let directories = [
            "/lib/x86_64-linux-gnu/security", "/lib/aarch64-linux-gnu/security", "/lib/security", "/usr/lib/security",
        ]
        let installed = directories.map { "\($0)/\(PamStack.ownModule)" }
        let candidates = path.flatMap { $0.hasPrefix("/") ? [$0] : nil } ?? installed
        let found = candidates.first { access($0, R_OK) == 0 }
        return Finding(
            "PAM module",
            ok: found != nil,
            found ?? "\(PamStack.ownModule) is not installed",
            hint: found == nil ? "sudo make install" : nil
        )
    }

    private static func checkCoreDumps() -> Finding {
        let pattern = (try? String(contentsOfFile: "/proc/sys/fs/suid_dumpable", encoding: .utf8))?
            .trimmingCharacters(in: .whitespacesAndNewlines)
        return Finding(
            "core dumps",
            pattern.map { "fs.suid_dumpable = \($0)" } ?? "fs.suid_dumpable cannot be read",
            hint: pattern == "1"
                ? "sysctl fs.suid_dumpable=0: with 1, programs that changed user may dump secrets" : nil
        )
    }
}

/// One thing that `doctor` looked at.
struct Finding: Codable {
    let check: String
    /// Whether a login can work as far as this goes.
    let ok: Bool
    let detail: String
    /// What to do about it. With `ok`: what had better be done.
    let hint: String?

    init(_ check: String, ok: Bool = true, _ detail: String, hint: String? = nil) {
        self.check = check
        self.ok = ok
        self.detail = detail
        self.hint = hint
    }

    init(_ check: String, _ error: any Error) {
        let failure = error as? CommandFailure ?? CommandFailure(unforeseen: error)
        self.init(check, ok: false, failure.message, hint: failure.hint)
    }

    /// For the terminal.
    var mark: String { ok ? (hint == nil ? "ok  " : "warn") : "FAIL" }
}
