import ArgumentParser
import Foundation
import NeuralNetwork

#if canImport(Glibc)
    import Glibc
#endif

struct Doctor: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Look for what keeps a login from working, and say what to do about it.",
        discussion: "Reads only. Exits with 0 when nothing is wrong."
    )

    @OptionGroup var services: ServiceOptions
    @Option(help: ArgumentHelp("Also check this published model, or model file.", valueName: "file"))
    var model: String?
    @OptionGroup var aligner: AlignerOptions

    @OptionGroup var output: OutputOptions

    struct Finding: Codable {
        let check: String
        let ok: Bool
        let detail: String
        let hint: String?
    }

    func run() async throws {
        var findings: [Finding] = []
        await findings.append(checkProver())
        await findings.append(contentsOf: checkEnrolments())
        await findings.append(checkVerifier())
        if let model {
            await findings.append(checkModel(model))
            if let finding = checkAligner(model) { findings.append(finding) }
        }
        findings.append(Self.checkModule())
        findings.append(Self.checkCoreDumps())
        if output.json {
            try Terminal.result(json: findings)
        } else {
            for finding in findings {
                Terminal.result("\(finding.ok ? "ok  " : "FAIL")  \(finding.check): \(finding.detail)")
                if let hint = finding.hint { Terminal.result("        hint: \(hint)") }
            }
        }
        if findings.contains(where: { !$0.ok }) { throw ExitCode(ExitStatus.unavailable.rawValue) }
    }

    private func checkProver() async -> Finding {
        do {
            let status = try await ProverClient(path: services.prover).status()
            guard !status.sensor.isEmpty else {
                return Finding(
                    check: "prover",
                    ok: false,
                    detail: "semblanced answers, but has no sensor",
                    hint: "is semblance-sensor running?"
                )
            }
            return Finding(
                check: "prover",
                ok: true,
                detail: "semblanced \(status.version), sensor \(status.sensor), \(status.models.count) model(s)",
                hint: nil
            )
        } catch {
            return Self.failed("prover", error)
        }
    }

    private func checkEnrolments() async -> [Finding] {
        guard let name = try? Account.current(),
            let enrolments = try? await ProverClient(path: services.prover).list(subject: name)
        else { return [] }
        let active = enrolments.filter { $0.state == "active" }
        return [
            Finding(
                check: "enrolment",
                ok: !active.isEmpty,
                detail: active.isEmpty ? "\(name) is not enrolled" : "\(name) has \(active.count) enrolment(s)",
                hint: active.isEmpty ? "semblance enroll --user \(name)" : nil
            )
        ]
    }

    private func checkVerifier() async -> Finding {
        do {
            let identity = try await VerifierClients.connect(to: services.verifier).identity()
            return Finding(
                check: "verifier",
                ok: true,
                detail: "\(identity.audience), key \(identity.verifierKey)",
                hint: nil
            )
        } catch {
            return Self.failed("verifier", error)
        }
    }

    /// Whether the file is sound, and the sensor has the model.
    private func checkModel(_ path: String) async -> Finding {
        let description: ModelDescription
        do {
            description = try ModelCommands.inspect(path)
        } catch {
            return Finding(check: "model", ok: false, detail: "\(path) is not usable: \(error)", hint: nil)
        }
        let known = (try? await ProverClient(path: services.prover).status())?.models.contains(description.identity)
        return Finding(
            check: "model",
            ok: known ?? false,
            detail: "\(description.name), \(description.parameterRows) rows, identity \(description.identity)",
            hint: known ?? false ? nil : "the sensor has another model, or does not answer"
        )
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
            return Finding(check: "alignment", ok: true, detail: "what \(alignment.rawValue) takes is here", hint: nil)
        } catch {
            let hint =
                alignment == .face112
                ? "apt-get install opencv-data, or name a --cascade" : "sudo make install, or name a --localiser"
            return Finding(check: "alignment", ok: false, detail: Self.failed("", error).detail, hint: hint)
        }
    }

    private static func checkModule() -> Finding {
        let directories = [
            "/lib/x86_64-linux-gnu/security", "/lib/aarch64-linux-gnu/security", "/lib/security", "/usr/lib/security",
        ]
        let found = directories.map { $0 + "/pam_semblance.so" }.first { access($0, R_OK) == 0 }
        return Finding(
            check: "PAM module",
            ok: found != nil,
            detail: found ?? "pam_semblance.so is not installed",
            hint: found == nil ? "sudo make install" : nil
        )
    }

    private static func checkCoreDumps() -> Finding {
        let pattern = (try? String(contentsOfFile: "/proc/sys/fs/suid_dumpable", encoding: .utf8))?
            .trimmingCharacters(in: .whitespacesAndNewlines)
        return Finding(
            check: "core dumps",
            ok: pattern != "1",
            detail: pattern.map { "fs.suid_dumpable = \($0)" } ?? "fs.suid_dumpable cannot be read",
            hint: pattern == "1"
                ? "sysctl fs.suid_dumpable=0: with 1, programs that changed user may dump secrets" : nil
        )
    }

    private static func failed(_ check: String, _ error: any Error) -> Finding {
        guard let failure = error as? CommandFailure else {
            return Finding(check: check, ok: false, detail: "\(error)", hint: nil)
        }
        return Finding(check: check, ok: false, detail: failure.message, hint: failure.hint)
    }
}
