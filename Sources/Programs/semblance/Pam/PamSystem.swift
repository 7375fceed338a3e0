import Foundation
import PamConfiguration

/// The PAM configuration of a system, and what is said of it.
struct PamSystem {
    /// What `status` says of one service.
    struct Report: Encodable {
        let service: String
        let asks: Bool
        /// Where the line is.
        var file: String?
        var line: Int?
        /// Why the stack is not understood, or not sound.
        var trouble: String?

        var words: String {
            let place = file.map { ": line \(line ?? 0) of \($0)" } ?? ""
            switch (asks, trouble) {
            case (true, nil): return "asks for face or finger, then the password\(place)"
            case (true, let trouble?): return "asks for face or finger\(place); but \(trouble)"
            case (false, nil): return "does not ask for face or finger"
            case (false, let trouble?): return "is not understood: \(trouble)"
            }
        }
    }

    let root: String
    let directories: PamDirectories

    init(_ options: PamOptions) {
        root = options.root == "/" ? "" : options.root
        directories = PamDirectories(root: options.root)
    }

    /// Where files are kept as they were before a change.
    var backups: String { "\(root)/var/backups/semblance/pam.d" }

    func report(of service: String) throws -> Report {
        guard directories.path(of: service) != nil else {
            throw CommandFailure(
                .badInput,
                "there is no PAM configuration '\(service)'",
                hint:
                    "services without a file of their own use 'other'; 'ls \(directories.paths[0])' shows those that have one"
            )
        }
        do {
            let stack = try PamStack(service: service, in: directories)
            guard let entry = stack.ownEntry else { return Report(service: service, asks: false) }
            var report = Report(service: service, asks: true, file: entry.file, line: entry.line)
            do { try PamGuard.check(stack, of: service) } catch { report.trouble = "\(error)" }
            return report
        } catch {
            return Report(service: service, asks: false, trouble: "\(error)")
        }
    }

    func reports() throws -> [Report] {
        do {
            return try directories.services().map(report)
        } catch let trouble as PamTrouble {
            throw CommandFailure(.badInput, "\(trouble)", hint: "run it as root")
        }
    }

    /// Whether libpam would find the module, and the module take the line's arguments.
    func checkModule() throws {
        let places = ["/lib/x86_64-linux-gnu", "/lib/aarch64-linux-gnu", "/lib", "/usr/lib"]
            .map { "\(root)\($0)/security/\(PamStack.ownModule)" }
        guard places.contains(where: { access($0, R_OK) == 0 }) else {
            throw CommandFailure(
                .failure,
                "\(PamStack.ownModule) is not installed: a stack must not name a module that is not there",
                hint: "apt install libpam-semblance"
            )
        }
        let findings = ModuleCheck.findings(user: "root", service: "sudo", arguments: ["confirm"])
        guard let arguments = findings.first(where: { $0.check == "arguments" }), arguments.ok else {
            let finding = findings.first
            throw CommandFailure(.failure, finding?.detail ?? "the module does not answer", hint: finding?.hint)
        }
    }
}
