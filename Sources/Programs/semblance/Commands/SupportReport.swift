import ArgumentParser
import Encoding
import Foundation
import IntegerNetwork
import ServiceClients
import ServiceSupport

struct SupportReport: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "support-report",
        abstract: "What whoever helps needs to know of this installation, without who uses it.",
        discussion: """
            Prints versions, units, doctor's findings, the configuration by its keys, models, cameras and the last lines of the log, and \
            with -o writes the same. Names of users, hosts, sites and labels, paths of homes, addresses and keys are replaced by \
            numbered stand-ins; nothing biometric, no score and no secret is read. Names that this machine does not know may be left in \
            what others wrote into the log: look through it before you send it.
            """
    )

    @OptionGroup var services: ServiceOptions
    @OptionGroup var outputOptions: OutputOptions

    @Option(name: .shortAndLong, help: ArgumentHelp("The file to write, readable by you alone.", valueName: "file"))
    var output: String?

    /// A heading and its lines.
    private struct Section: Encodable {
        var title: String
        var lines: [String]
    }

    func run() async throws {
        let sections = await self.sections()
        let text =
            try outputOptions.json
            ? Self.document(sections)
            : sections.map { "\($0.title)\n" + $0.lines.map { "  \(DisplayName.shown($0))\n" }.joined() }.joined(
                separator: "\n"
            )
        Terminal.result(text.hasSuffix("\n") ? String(text.dropLast()) : text)
        guard let output else { return }
        do {
            try FileAccess.write(Array(text.utf8), to: output, isSecret: true)
        } catch {
            throw CommandFailure(.badInput, "cannot write the report: \(error)")
        }
        Terminal.note("written to \(output): look through it before you send it")
    }

    private static func document(_ sections: [Section]) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(sections), as: UTF8.self) + "\n"
    }

    private func sections() async -> [Section] {
        let facts = SupportFacts(services: services)
        let (prover, enrolments) = (await facts.prover(), await facts.enrolments())
        let models = prover?.models ?? []
        var scrubber = ReportScrubber(
            names: facts.names(enrolments),
            paths: facts.paths(),
            kept: Set(models.map { $0.lowercased() })
        )
        var sections = [
            Section(title: "System", lines: facts.system()),
            Section(title: "Units", lines: facts.unitStates()),
            Section(title: "Prover", lines: prover.map(Self.lines) ?? ["does not answer"]),
            Section(title: "Doctor", lines: await facts.doctor().flatMap(Self.lines)),
            Section(title: "Cameras", lines: facts.cameras()),
        ].map { section in
            Section(title: section.title, lines: section.lines.map { scrubber.scrubbed($0) })
        }
        do {
            _ = try DirectoryNames.read(SupportFacts.folder)
        } catch {
            sections.append(Section(title: "Configuration", lines: [scrubber.scrubbed("\(error)")]))
        }
        for (path, data) in facts.configuration() {
            let lines = data.isEmpty ? ["not readable by you"] : ConfigurationOutline.lines(of: data, &scrubber)
            let name = path.dropFirst(SupportFacts.folder.count + 1)
            sections.append(Section(title: "Configuration \(scrubber.scrubbed(String(name)))", lines: lines))
        }
        let log = facts.log().map { line in
            let words = ([line.unit, "<\(line.priority)>", line.words] + line.values).joined(separator: " ")
            return "\(AuditEntry.stamp(line.time)) \(scrubber.scrubbed(words))"
        }
        sections.append(Section(title: "Log", lines: log.isEmpty ? ["none that you may read"] : log))
        return sections
    }

    private static func lines(_ status: ProverClient.Status) -> [String] {
        ["semblanced \(status.version), \(status.enrolments) enrolments that you may see"]
            + status.models.map { "model \($0)" } + status.sensors.map { "sensor \($0.name): \($0.words)" }
    }

    private static func lines(_ finding: Finding) -> [String] {
        ["\(finding.mark)  \(finding.check): \(finding.detail)"] + (finding.hint.map { ["        hint: \($0)"] } ?? [])
    }
}
