import ArgumentParser
import Encoding
import Foundation
import Interfaces
import ServiceSupport
import VerifierCore

/// Prints the audit trail.
struct AuditCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "audit",
        abstract: "Print what was enrolled, rotated, revoked, unlocked, accepted and refused.",
        discussion: """
            One line for each event, oldest first; repeated refusals within an hour are one line with their number. \
            'check' tells whether lines were changed or taken out. The service goes on meanwhile.
            """
    )

    @OptionGroup var options: CommonOptions

    @Option(name: .long, help: "Only this account's.")
    var subject: String?

    @Option(name: .long, help: ArgumentHelp("Only the last so many lines.", valueName: "count"))
    var last: Int?

    @Flag(name: .long, help: "Print one JSON document for each line.")
    var json = false

    @Flag(name: .long, help: "Go on with what happens, until interrupted.")
    var follow = false

    func validate() throws {
        guard last ?? 0 >= 0 else { throw ValidationError("--last takes no negative number.") }
    }

    func run() async throws {
        do {
            let verifier = try options.verifier()
            var id: Int64 = 0
            if let last { id = try await verifier.auditPosition(beforeLast: last) }
            while true {
                let events = try await verifier.auditEvents(after: id, subject: subject)
                for event in events { print(json ? Self.document(event) : Self.line(event)) }
                fflush(nil)
                if let newest = events.last { id = newest.id } else if !follow { return }
                if events.isEmpty { try await Task.sleep(for: .seconds(1)) }
            }
        } catch let error as VerifierError {
            throw ProgramFailure(error)
        }
    }

    private static func document(_ event: AuditEvent) -> String {
        String(decoding: event.json.encode(), as: UTF8.self)
    }

    private static func line(_ event: AuditEvent) -> String {
        var columns = [time(event.time), event.kind.rawValue, event.subject.isEmpty ? "-" : event.subject]
        columns.append([event.modality, event.label].compactMap { $0 }.joined(separator: "/"))
        columns.append(event.purpose.map { "for \($0)" } ?? "")
        columns.append(event.reason ?? "")
        columns.append(event.origin)
        if event.count > 1 { columns.append("\(event.count) times, last \(time(event.lastTime))") }
        return columns.filter { !$0.isEmpty }.joined(separator: "\t")
    }

    private static func time(_ seconds: UInt64) -> String {
        Date(timeIntervalSince1970: TimeInterval(seconds)).formatted(.iso8601)
    }
}

/// Checks configuration, key and database.
struct CheckCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check",
        abstract: "Check the configuration, the signing key, every row of the database and the audit trail.",
        discussion: """
            Exits with 1 if anything is wrong. Prints how many lines the audit trail ever had, and its head: what the \
            journal says of the service's last stop, or more.
            """
    )

    @OptionGroup var options: CommonOptions

    func run() async throws {
        let configuration = try options.load()
        let store = try VerifierStore(
            path: configuration.database,
            audience: configuration.audience,
            keys: try VerifierKeys.load(path: configuration.signingKey)
        )
        let damaged = try await store.damagedRows()
        for error in damaged { print("\(error)") }
        guard damaged.isEmpty else { throw ExitCode.failure }
        if let mark = try await store.auditMark() { print("audit trail: \(mark)") }
        print("all is well")
    }
}
