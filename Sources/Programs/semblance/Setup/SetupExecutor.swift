import Foundation
import ModelTools
import PamConfiguration
import ServiceClients
import ServiceSupport
import Setup

/// Does what a plan says, step by step, each whole or not at all.
struct SetupExecutor {
    private static let backups = "/var/backups/semblance"
    private static let patience = Duration.seconds(20)
    private static let tries = 3

    let choice: SetupChoice
    let plan: SetupPlan
    /// Whether a person is asked, before the first step and before a file is changed.
    let asks: Bool

    func run(isDryRun: Bool) async throws {
        guard !isDryRun else { return try await preview() }
        try agree()
        for (index, step) in plan.steps.enumerated() {
            Terminal.result("[\(index + 1)/\(plan.steps.count)] \(step.words)")
            do {
                try await perform(step)
            } catch {
                Terminal.note("stopped at step \(index + 1); what was done stays, and the next run goes on from here")
                throw error
            }
        }
        Terminal.result(choice.person == nil ? "the services are set up; nobody was enrolled" : "set up")
    }

    // -- beforehand

    private func preview() async throws {
        for step in plan.steps {
            Terminal.result("would \(step.words)")
            switch step {
            case .write(let path, let before, let after): try show(path, before, after)
            case .changeLogins(let logins):
                do {
                    try await PamEnable.parse(["--dry-run"] + Self.arguments(logins)).run()
                } catch let failure as CommandFailure {
                    Terminal.note(failure.message)
                }
            default: break
            }
        }
        Terminal.result("nothing was changed")
    }

    private func agree() throws {
        guard asks else { return }
        Terminal.result(plan.steps.map { "  \($0.words)" }.joined(separator: "\n"))
        try confirm("Do this? [y/N] ")
    }

    private func confirm(_ question: String) throws {
        guard let answer = Terminal.asksYes(question) else {
            throw CommandFailure(
                .notPermitted,
                "there is no terminal to ask at",
                hint: "--yes answers every question with yes, --dry-run shows what would be done"
            )
        }
        guard answer else { throw CommandFailure(.refused, "not wanted; nothing more was changed") }
    }

    /// Without the values that nobody is shown: which these are, the file's own program knows.
    private func show(_ path: String, _ before: String?, _ after: String) throws {
        var texts = (before: before ?? "", after: after)
        if let before, let program = Self.program(of: path) {
            let reading = try ConfigurationReading(program, file: path)
            // A program that cannot read its file does not know what is in it: nothing is shown then.
            guard !reading.files.isEmpty else {
                throw CommandFailure(.badInput, reading.faultWords ?? "\(path) cannot be read", hint: reading.hint)
            }
            texts = SetupPlan.shown(before: before, after: after, hiding: reading.hiddenKeys)
        }
        Terminal.result(UnifiedDiff.lines(texts.before, texts.after, path: path).joined(separator: "\n"))
    }

    private static func program(of path: String) -> DaemonProgram? {
        DaemonProgram.allCases.first { path.lastPathPart.hasPrefix($0.rawValue) }
    }

    // -- the steps

    private func perform(_ step: SetupStep) async throws {
        switch step {
        case .makeDirectory(let path): try FileReplacement.makeDirectories(path)
        case .publish(let model, let output): try publish(model, output)
        case .write(let path, let before, let after): try write(path, before, after)
        case .checkConfiguration: try checkConfiguration()
        case .initialiseVerifier: try initialiseVerifier()
        case .sealKey: try await sealKey()
        case .enable(let units): try systemctl(["enable", "--now"] + units)
        case .restart(let units): try systemctl(["try-restart"] + units)
        case .awaitServices: try await awaitServices()
        case .examine: try await examine()
        case .enrol(let person, let modality): try await enrol(person, modality)
        case .tryLogin(let person, let modality): try await tryLogin(person, modality)
        case .changeLogins(let logins):
            try await PamEnable.parse(Self.arguments(logins) + (asks ? [] : ["--yes"])).run()
        }
    }

    /// Firmware changes its own measurements, and would lock the vault a day after an update: the TPM is asked for one that it does not
    /// touch. Who wants more seals anew.
    private func sealKey() async throws {
        do {
            try await KeySeal.parse(["--pcrs", "23"]).run()
        } catch let failure as CommandFailure {
            throw CommandFailure(failure.status, failure.message, hint: "--no-seal-key leaves the key in a file")
        }
    }

    private func publish(_ model: String, _ output: String) throws {
        let published: [UInt8]
        do {
            published = try ModelCommands.published(model).encode()
        } catch {
            throw CommandFailure(unusableModel: model, error)
        }
        try FileReplacement.makeDirectories("/etc/semblance")
        try FileReplacement.create(output, contents: published)
    }

    private func write(_ path: String, _ before: String?, _ after: String) throws {
        guard let before else { return try FileReplacement.create(path, contents: Array(after.utf8)) }
        try show(path, before, after)
        if asks { try confirm("Change \(path)? [y/N] ") }
        let backup = try FileReplacement.replace(path, expecting: before, with: after, backups: Self.backups)
        Terminal.note("\(path) as it was: \(backup)")
    }

    private func checkConfiguration() throws {
        for (program, file) in [
            (DaemonProgram.sensor, choice.sensor.configuration), (.prover, "/etc/semblance/prover.json"),
            (.verifier, "/etc/semblance/verifier.json"),
        ] {
            let reading = try ConfigurationReading(program, file: file)
            guard let words = reading.faultWords else { continue }
            throw CommandFailure(.badInput, words, hint: reading.hint)
        }
    }

    /// As the verifier's user: it trusts no key or database that root made.
    private func initialiseVerifier() throws {
        let program = DaemonProgram.verifier
        guard let command = try program.command(["init", "--config", "/etc/semblance/verifier.json"]) else {
            throw CommandFailure(
                .unavailable,
                "\(program.name) is not installed",
                hint: "apt install semblance-verifier"
            )
        }
        let made = try ProgramRun.run(command)
        guard made.status == 0 else {
            throw CommandFailure(
                .failure,
                "semblance-verifier init failed: \(made.lastLine ?? "status \(made.status)")",
                hint: "its directory is made by: systemd-tmpfiles --create"
            )
        }
    }

    private func systemctl(_ arguments: [String]) throws {
        try Systemctl.perform(arguments, hint: "systemctl status \(arguments.last ?? "")")
    }

    // -- the services

    private func awaitServices() async throws {
        let isManaged = Systemctl.isThere
        let deadline = ContinuousClock.now + (isManaged ? Self.patience : .zero)
        while let missing = await whatIsMissing() {
            guard ContinuousClock.now < deadline else {
                throw CommandFailure(
                    .unavailable,
                    missing,
                    hint: isManaged
                        ? "journalctl -u \(SetupPlan.units(choice.sensor).services.joined(separator: " -u ")) says why"
                        : Self.startHint(choice.sensor)
                )
            }
            try await Task.sleep(for: .milliseconds(300))
        }
    }

    /// Why a login cannot work yet; nil where all services answer.
    private func whatIsMissing() async -> String? {
        do {
            let status = try await ProverClient(path: ServiceOptions.usualProver).status()
            guard let sensor = status.sensors.first(where: { $0.kind == choice.sensor.kind }) else {
                return "semblanced answers, but its sensor does not"
                    + (status.sensors.compactMap(\.fault).first.map { ": \($0)" } ?? "")
            }
            if let fault = sensor.fault { return "the sensor \(sensor.name): \(fault)" }
            guard status.models.contains(choice.model.identity) else { return "the sensor has not got the model yet" }
            _ = try await VerifierClients.connect(to: ServiceOptions.usualVerifier).identity()
            return nil
        } catch {
            return (error as? CommandFailure ?? CommandFailure(unforeseen: error)).message
        }
    }

    private static func startHint(_ sensor: SetupSensor) -> String {
        """
        no systemd runs here: start these, each as its user, and run this again
          semblance-sensor: /usr/libexec/semblance/semblance-sensor --config \(sensor.configuration) --socket \(sensor.socket)
          semblance: /usr/libexec/semblance/semblanced --config /etc/semblance/prover.json
          semblance-verifier: /usr/libexec/semblance/semblance-verifier serve
        """
    }

    /// What `semblance doctor` looks at before anybody is enrolled.
    private func examine() async throws {
        let findings = try await Doctor.parse(["--model", choice.model.path]).findings()
        // The module is looked at where logins are changed.
        for finding in findings where finding.check != "PAM module" {
            guard !finding.ok || finding.hint != nil else { continue }
            Terminal.result("  \(finding.mark)  \(finding.check): \(finding.detail)")
            if let hint = finding.hint { Terminal.result("        hint: \(hint)") }
        }
        guard let failed = findings.first(where: { !$0.ok && $0.check != "PAM module" }) else { return }
        throw CommandFailure(.unavailable, "\(failed.check): \(failed.detail)", hint: failed.hint)
    }

    // -- the person

    private func enrol(_ person: SetupPerson, _ modality: String) async throws {
        try await Enroll.parse([
            "--user", person.user, "--modality", modality, "--label", person.label, "--samples", "\(person.samples)",
        ]).run()
    }

    /// A sample that does not match is taken again: one in ten of honest ones does not.
    private func tryLogin(_ person: SetupPerson, _ modality: String) async throws {
        for attempt in 1...Self.tries {
            do {
                return try await Authenticate.parse([
                    "--user", person.user, "--modality", modality, "--label", person.label, "--purpose", "setup",
                ]).run()
            } catch let failure as CommandFailure where failure == .noMatch && attempt < Self.tries {
                Terminal.note("no match; once more (\(attempt + 1) of \(Self.tries))")
            } catch let failure as CommandFailure {
                throw CommandFailure(
                    failure.status,
                    "the login that was tried failed, so no login was changed: \(failure.message)",
                    hint: failure.hint ?? "enrol anew: semblance revoke --user \(person.user), and run this again"
                )
            }
        }
    }

    private static func arguments(_ logins: SetupLogins) -> [String] {
        guard case .service(let name) = logins else { return [] }
        return ["--service", name]
    }
}
