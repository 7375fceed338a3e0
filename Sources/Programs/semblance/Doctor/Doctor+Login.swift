import Encoding
import Foundation
import PamConfiguration
import ServiceClients
import ServiceSupport

/// What a login of one account by one service needs.
extension Doctor {
    /// Whether the account is enrolled, and with what.
    func checkEnrolments(of name: String) async -> Finding {
        guard UserName.uid(ofAccount: name) != nil else {
            return Finding("enrolment", ok: false, "there is no account \(name) on this machine")
        }
        let enrolments: [ProverClient.Enrolment]
        do {
            enrolments = try await ProverClient(path: services.prover).list(subject: name)
        } catch let failure as CommandFailure where failure.status == .notPermitted {
            return Finding("enrolment", ok: false, "only root may look at \(name)'s enrolments", hint: "run it as root")
        } catch {
            return Finding("enrolment", error)
        }
        guard enrolments.contains(where: { $0.state == "active" }) else {
            return Finding(
                "enrolment",
                ok: false,
                enrolments.isEmpty
                    ? "\(name) is not enrolled" : "\(name)'s enrolment was never confirmed by a verifier",
                hint: "semblance enroll --user \(name)"
            )
        }
        let words = enrolments.map {
            "\($0.modality) \($0.label) at \($0.audience) (\([$0.state, $0.lockOut].compactMap { $0 }.joined(separator: ", ")))"
        }
        guard enrolments.contains(where: { $0.state == "active" && $0.lockOut == nil }) else {
            return Finding(
                "enrolment",
                ok: false,
                "\(name): \(words.joined(separator: ", "))",
                hint: "wait, or as root: semblance unlock --user \(name)"
            )
        }
        return Finding("enrolment", "\(name): \(words.joined(separator: ", "))")
    }

    /// Whether the service asks the module at all, and for a password where the module gives up.
    ///
    /// - Returns: the module's line as well, if there is one.
    func checkStack(of service: String) -> (findings: [Finding], entry: PamStack.Entry?) {
        let stack: PamStack
        do {
            let directories = PamDirectories(root: "/")
            // Services without a file of their own get this one.
            stack = try PamStack(service: directories.path(of: service) == nil ? "other" : service, in: directories)
        } catch {
            return ([Finding("PAM stack", ok: false, "\(service): \(error)")], nil)
        }
        guard let index = stack.entries.firstIndex(where: { $0.module == PamStack.ownModule }) else {
            let finding = Finding(
                "PAM stack",
                ok: false,
                "\(service) does not ask \(PamStack.ownModule)",
                hint: "semblance pam enable --service \(service), or without --service for all"
            )
            return ([finding], nil)
        }
        let entry = stack.entries[index]
        let hasFallback = stack.entries[(index + 1)...].contains { PamStack.passwordModules.contains($0.module) }
        let password =
            hasFallback
            ? Finding("password", "is asked for where face or finger do not serve")
            : Finding(
                "password",
                "no module behind \(entry.module) asks for one",
                hint: "without it, nobody gets in while the sensor is away or an account is locked out"
            )
        let asks = Finding("PAM stack", "\(service) asks \(entry.module): line \(entry.line) of \(entry.file)")
        return ([asks, password], entry)
    }

    /// The socket units, where systemd runs and the sockets are the usual ones.
    func checkUnits() -> [Finding] {
        guard Systemctl.isThere else { return [] }
        var units = ["semblance-sensor.socket"]
        if services.prover == ServiceOptions.usualProver { units.append("semblanced.socket") }
        if services.verifier == ServiceOptions.usualVerifier { units.append("semblance-verifier.socket") }
        return units.compactMap { unit in
            guard let state = Self.systemctl(["is-active", unit]), state != "active" else { return nil }
            // Several sensors have a unit each, made from a template.
            let instances = unit.replacingOccurrences(of: ".socket", with: "@*.socket")
            guard Self.systemctl(["is-active", instances])?.hasPrefix("active") != true else { return nil }
            return Finding("unit", ok: false, "\(unit) is \(state)", hint: "systemctl enable --now \(unit)")
        }
    }

    /// Where the image-file sensor's tray is, if its configuration can be read.
    func checkTray(configuration path: String = "/etc/semblance/sensor.json") -> Finding? {
        guard let data = FileManager.default.contents(atPath: path) else { return nil }
        let json: JSON
        do {
            json = try JSON(file: data)
        } catch {
            return Finding("sensor", ok: false, "\(path): \(error)")
        }
        guard case .object(let members) = json, case .string(let tray)? = members["tray"] else { return nil }
        var isDirectory: ObjCBool = false
        guard FileManager.default.fileExists(atPath: tray, isDirectory: &isDirectory), isDirectory.boolValue else {
            return Finding(
                "tray",
                ok: false,
                "\(tray), where the sensor looks for images, does not exist",
                hint: "install -d -o semblance-sensor \(tray)"
            )
        }
        return Finding("tray", tray)
    }

    /// Whether the daemons can keep secrets from the swap space: by their units' limits, or here.
    func checkLockedMemory() -> Finding {
        if let text = Self.systemctl(["show", "--property=LimitMEMLOCK", "--value", "semblanced.service"]),
            let limit = UInt64(text)
        {
            return limit >= UInt64(LockedMemory.wantedByteCount)
                ? Finding("locked memory", "semblanced may lock \(limit) bytes")
                : Finding(
                    "locked memory",
                    "semblanced may lock \(limit) bytes only: secrets may reach the swap space",
                    hint: "LimitMEMLOCK=64M in its unit"
                )
        }
        guard let warning = LockedMemory.warning else { return Finding("locked memory", "memory can be locked") }
        return Finding("locked memory", "in this shell, \(warning)", hint: "encrypt the swap space, or raise the limit")
    }

    /// What systemctl prints; nil where it cannot be asked.
    private static func systemctl(_ arguments: [String]) -> String? {
        guard Systemctl.isThere, let output = try? Systemctl.run(arguments) else { return nil }
        return output.text.trimmingCharacters(in: .whitespacesAndNewlines)
    }
}
