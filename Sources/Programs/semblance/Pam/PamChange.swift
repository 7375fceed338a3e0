import Foundation
import PamConfiguration
import ServiceSupport

/// `semblance pam enable` and `disable`: shows what would change, asks, changes it, looks at what came of it.
struct PamChange {
    /// What `--json` prints.
    private struct Report: Encodable {
        struct File: Encodable {
            let path: String
            let diff: String
            var backup: String?
        }

        let service: String?
        let enables: Bool
        var isChanged = false
        var files: [File]
        /// Modules that a login by face or finger will not run.
        let passedOver: [String]
    }

    private let service: String?
    private let enables: Bool
    private let isDryRun: Bool
    private let isAgreed: Bool
    private let isJSON: Bool
    private let system: PamSystem

    init(_ options: PamOptions, _ change: PamChangeOptions, enables: Bool) {
        service = options.service
        self.enables = enables
        isDryRun = change.dryRun
        isAgreed = change.yes
        isJSON = options.output.json
        system = PamSystem(options)
    }

    func run() throws {
        if !isDryRun, geteuid() != 0 {
            throw CommandFailure(
                .notPermitted,
                "only root changes how people log in",
                hint: "sudo, or --dry-run to see the change"
            )
        }
        do {
            if enables { try system.checkModule() }
            try service.map(changeService) ?? changeEveryService()
        } catch let trouble as PamTrouble {
            throw CommandFailure(
                .badInput,
                "\(trouble)",
                hint: "nothing was changed; pam_semblance(8) has lines to put in by hand"
            )
        } catch let error as FileError {
            throw CommandFailure(.failure, "\(error)", hint: "nothing was changed")
        }
    }

    // -- one service

    private func changeService(_ service: String) throws {
        let edit =
            enables
            ? try ServiceEdit.enabling(service, in: system.directories)
            : try ServiceEdit.disabling(service, in: system.directories)
        guard let edit else { return try nothingToDo(try system.report(of: service)) }
        var report = Report(
            service: service,
            enables: enables,
            files: [.init(path: edit.path, diff: diff(edit.path, edit.before, edit.after))],
            passedOver: edit.passedOver
        )
        guard try isWanted(report) else { return try show(report) }
        let backup = try FileReplacement.replace(
            edit.path,
            expecting: edit.before,
            with: edit.after,
            backups: system.backups
        )
        report.files[0].backup = backup
        do {
            let found = try PamStack(service: service, in: system.directories)
            try PamGuard.check(found, of: service)
        } catch {
            _ = try FileReplacement.replace(
                edit.path,
                expecting: edit.after,
                with: edit.before,
                backups: system.backups
            )
            throw PamTrouble.refused("the change was taken back: \(error)")
        }
        report.isChanged = true
        try show(report)
    }

    // -- every service

    private func changeEveryService() throws {
        let update = PamAuthUpdate(root: system.root)
        let common = try system.report(of: "common-auth")
        guard common.asks != enables else { return try nothingToDo(common) }
        let changes = try update.preview(enables: enables)
        let after = system.directories.with(changes)
        let willAsk = try PamStack(service: "common-auth", in: after).ownEntry != nil
        guard willAsk == enables else {
            throw CommandFailure(
                .badInput,
                enables
                    ? "pam-auth-update knows no profile 'semblance'"
                    : "line \(common.line ?? 0) of \(common.file ?? "common-auth") is not pam-auth-update's",
                hint: enables ? "apt install libpam-semblance" : "take it out by hand"
            )
        }
        try PamGuard.checkEveryService(system.directories, after: after)
        var report = Report(
            service: nil,
            enables: enables,
            files: try changes.sorted { $0.key < $1.key }.map {
                .init(path: $0.key, diff: diff($0.key, try PamFile.text(of: $0.key), $0.value))
            },
            passedOver: []
        )
        guard try isWanted(report) else { return try show(report) }
        for index in report.files.indices {
            report.files[index].backup = try FileReplacement.keep(report.files[index].path, in: system.backups)
        }
        try update.apply(enables: enables)
        for (path, text) in changes where try PamFile.text(of: path) != text {
            throw CommandFailure(
                .failure,
                "\(path) is not what pam-auth-update was expected to write",
                hint: "look at it before you leave this shell; copies of what was there are in \(system.backups)"
            )
        }
        report.isChanged = true
        try show(report)
    }

    // -- words

    private func diff(_ path: String, _ before: String, _ after: String) -> String {
        UnifiedDiff.lines(before, after, path: path).joined(separator: "\n")
    }

    private func nothingToDo(_ report: PamSystem.Report) throws {
        if isJSON { return try show(Report(service: service, enables: enables, files: [], passedOver: [])) }
        Terminal.note("nothing to do: \(report.service) \(report.words)")
    }

    /// Shows the change, and asks unless that is answered already.
    private func isWanted(_ report: Report) throws -> Bool {
        if !isJSON { report.files.forEach { Terminal.result($0.diff) } }
        if !report.passedOver.isEmpty {
            Terminal.note(
                "a login by face or finger will not run \(report.passedOver.joined(separator: ", ")), which the password's does"
            )
        }
        guard !isDryRun else { return false }
        guard !isAgreed else { return true }
        guard let answer = Terminal.asksYes("Write this? [y/N] ") else {
            throw CommandFailure(
                .notPermitted,
                "there is no terminal to ask at",
                hint: "--yes makes the change without asking"
            )
        }
        guard answer else { throw CommandFailure(.refused, "nothing was changed") }
        return true
    }

    private func show(_ report: Report) throws {
        if isJSON { try Terminal.result(json: report) }
        guard report.isChanged else { return }
        for file in report.files {
            if let backup = file.backup { Terminal.note("\(file.path) as it was: \(backup)") }
        }
        let back = "semblance pam \(enables ? "disable" : "enable")" + (service.map { " --service \($0)" } ?? "")
        Terminal.note("keep this shell open until a login in another window has worked; to go back: \(back)")
    }
}
