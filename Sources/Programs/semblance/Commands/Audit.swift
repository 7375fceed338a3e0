import ArgumentParser
import Encoding
import Foundation
import ServiceSupport

struct Audit: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "What happened: the prover's and the verifier's events, in one view.",
        discussion: """
            Oldest first, from the journal (prover and sensor) and from the verifier's audit trail, whose chain is checked first: where it \
            is broken that is said, and the exit code is 1. Where the trail cannot be read, the verifier's entries of the \
            journal stand in for it; without systemd there is the trail alone. For root; others see what the journal shows them. With \
            --json each event is a document on a line of its own.
            """
    )

    @Option(help: ArgumentHelp("Only events about this account.", valueName: "name"), completion: .accounts)
    var user: String?

    @Option(
        help: ArgumentHelp(
            "Only what happened since: a date and time (2026-11-30, 2026-11-30T18:00:00Z), or so long ago (90m, 36h, 7d).",
            valueName: "time"
        )
    )
    var since: String?

    @Flag(help: "Go on with what happens, until interrupted.")
    var follow = false

    @OptionGroup var output: OutputOptions

    @Option(help: ArgumentHelp("The verifier's configuration.", valueName: "file"), completion: .file())
    var verifierConfig = "/etc/semblance/verifier.json"

    func validate() throws {
        try SubjectOptions.check(user: user, modality: nil, label: nil)
        guard since.map({ AuditTime.seconds(of: $0, now: Date()) != nil }) ?? true else {
            throw ValidationError(
                "--since is a date and time as in 2026-11-30T18:00:00Z, or a time as in 90m, 36h or 7d."
            )
        }
    }

    func run() async throws {
        let from = since.flatMap { AuditTime.seconds(of: $0, now: Date()) } ?? 0
        if geteuid() != 0 { Terminal.note("warning: only root sees everything") }
        let isWhole = try checkTrail()
        let trail = isWhole == nil ? nil : try trailStream(from: from)
        let streams = [journalStream(from: from, isTrailShown: isWhole == true && trail != nil), trail].compactMap(
            \.self
        )
        guard !streams.isEmpty else {
            throw CommandFailure(
                .unavailable,
                "there is neither a journal nor a verifier's audit trail that can be read",
                hint: geteuid() == 0 ? nil : "run it as root"
            )
        }
        let children = streams.map(\.program.child)
        let interrupts = [SIGINT, SIGTERM].map { Self.onSignal($0) { for child in children { kill(child, SIGTERM) } } }
        try AuditMerge(streams, isFollowing: follow).run(show)
        for interrupt in interrupts { interrupt.cancel() }
        if isWhole == false { throw ExitCode(ExitStatus.refused.rawValue) }
    }

    private func show(_ entry: AuditEntry) throws {
        guard output.json else { return Terminal.result(entry.line) }
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        Terminal.result(String(decoding: try encoder.encode(entry), as: UTF8.self))
    }

    /// Nil where there is no verifier, which is said; else what it is asked by, as the user whose files they are.
    private func verifierCommand(_ words: [String]) throws -> [String]? {
        if access(verifierConfig, R_OK) == 0,
            let command = try DaemonProgram.verifier.command(words + ["--config", verifierConfig])
        {
            return command
        }
        Terminal.note("warning: no verifier is set up here: \(verifierConfig) or semblance-verifier is missing")
        return nil
    }

    /// Whether nothing is wrong with the trail, which is said otherwise; nil where there is none that can be read.
    private func checkTrail() throws -> Bool? {
        guard let command = try verifierCommand(["check"]) else { return nil }
        guard let program = LineProgram(command) else {
            throw CommandFailure(.failure, "cannot run \(command[0])")
        }
        let words = program.remainder()
        switch program.exitStatus() {
        case 0: return true
        // Words on standard output are what is wrong with the database; without any, it could not be opened.
        case _ where words.isEmpty:
            Terminal.note("warning: the verifier's audit trail cannot be read; try 'semblance-verifier check'")
            return nil
        default:
            for word in words {
                Terminal.note(
                    "warning: the verifier's database is damaged or was tampered with: \(DisplayName.shown(word))"
                )
            }
            return false
        }
    }

    private func trailStream(from seconds: UInt64) throws -> AuditMerge.Stream? {
        let words = ["audit", "--json"] + (user.map { ["--subject", $0] } ?? []) + (follow ? ["--follow"] : [])
        guard let command = try verifierCommand(words), let program = LineProgram(command) else { return nil }
        return AuditMerge.Stream(program: program) { line in
            guard let entry = AuditEntry(trail: line) else { return nil }
            return entry.lastMicroseconds ?? entry.microseconds >= seconds * 1_000_000 ? entry : nil
        }
    }

    private func journalStream(from seconds: UInt64, isTrailShown: Bool) -> AuditMerge.Stream? {
        guard access(Journal.program, X_OK) == 0 else {
            Terminal.note("warning: there is no systemd journal here, which has the prover's events")
            return nil
        }
        let units = [
            "semblanced.service", "semblance-verifier.service", "semblance-sensor.service",
            "semblance-sensor@*.service",
        ]
        let words =
            [Journal.program, "--output=json", "--no-pager", "--quiet", "--all"] + units.map { "--unit=\($0)" }
            + (seconds > 0 ? ["--since=@\(seconds)"] : []) + (follow ? ["--follow", "--no-tail"] : [])
        guard let program = LineProgram(words) else { return nil }
        let name = user
        return AuditMerge.Stream(program: program) { line in
            guard let entry = AuditEntry(journal: line, isTrailShown: isTrailShown) else { return nil }
            return name == nil || name == entry.subject ? entry : nil
        }
    }

    /// In a thread of its own, which ends the program as the signal would have.
    private static func onSignal(_ number: Int32, _ body: @escaping @Sendable () -> Void) -> any DispatchSourceSignal {
        signal(number, SIG_IGN)
        let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
        source.setEventHandler {
            body()
            Foundation.exit(number == SIGINT ? 0 : 128 + number)
        }
        source.resume()
        return source
    }
}

/// Points in time as people write them.
enum AuditTime {
    private static let units: [Character: Double] = ["s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604_800]

    /// Seconds since 1970; nil of what is no time, or before then.
    static func seconds(of text: String, now: Date) -> UInt64? {
        if let unit = text.last.flatMap({ units[$0] }), let count = UInt32(text.dropLast()) {
            return UInt64(exactly: (now.timeIntervalSince1970 - Double(count) * unit).rounded(.down))
        }
        let text = text.replacing(" ", with: "T", maxReplacements: 1)
        let full = text.contains("T") ? text : "\(text)T00:00:00Z"
        guard let date = try? Date(full.hasSuffix("Z") ? full : "\(full)Z", strategy: .iso8601) else { return nil }
        return UInt64(exactly: date.timeIntervalSince1970.rounded(.down))
    }
}
