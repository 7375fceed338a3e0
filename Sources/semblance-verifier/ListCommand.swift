import ArgumentParser
import ServiceSupport
import Varlink
import VerifierCore

/// Lists enrolments.
struct ListCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "List the enrolments, revoked ones included, and who is locked out.",
        discussion: "The service goes on meanwhile."
    )

    @OptionGroup var options: CommonOptions

    @Option(name: .long, help: "Only this account's.")
    var subject: String?

    @Flag(name: .long, help: "Print one JSON document.")
    var json = false

    func run() async throws {
        do {
            let verifier = try options.verifier()
            if json {
                let enrolments = try await verifier.list(subject: subject, for: .administrator)
                let document: JSON = ["enrolments": .array(enrolments.map(\.json))]
                print(String(decoding: document.encode(), as: UTF8.self))
                return
            }
            var next: String?
            repeat {
                let page = try await verifier.list(subject: subject, after: next, for: .administrator)
                for enrolment in page.enrolments { print(Self.line(enrolment)) }
                next = page.next
            } while next != nil
        } catch let error as VerifierError {
            throw ProgramFailure(error)
        }
    }

    private static func line(_ enrolment: EnrolmentSummary) -> String {
        let device =
            switch enrolment.device {
            case "local": "local"
            case "any": "any device"
            default: "device \(enrolment.device.prefix(12))"
            }
        var columns = [
            enrolment.subject, enrolment.modality, enrolment.label, enrolment.state, device,
            "epoch \(enrolment.epoch)", enrolment.assurance, "model \(enrolment.model.prefix(12))",
        ]
        switch enrolment.lock {
        case .open: break
        case .waiting(let seconds): columns.append("locked out for \(seconds) s")
        case .locked: columns.append("locked out until unlocked")
        }
        return columns.joined(separator: "\t")
    }
}
