import ArgumentParser
import Encoding
import Interfaces
import ServiceSupport
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

/// Ends an enrolment.
struct RevokeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "revoke",
        abstract: "End an enrolment; its template is never accepted again."
    )

    @OptionGroup var options: CommonOptions

    @Option(name: .long, help: "The account.")
    var subject: String

    @Option(name: .long, help: "face or fingerprint.")
    var modality: String

    @Option(name: .long, help: "The enrolment's label.")
    var label = "default"

    func run() async throws {
        do {
            try await options.verifier().revoke(
                subject: subject,
                modality: modality,
                label: label,
                for: .administrator
            )
        } catch let error as VerifierError {
            throw ProgramFailure(error)
        }
    }
}

/// Lets locked-out subjects try again.
struct UnlockCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "unlock",
        abstract: "Forget failed attempts, so that the account may try again.",
        discussion: """
            The prover counts samples that do not match by itself: 'semblance unlock' clears both ends on this host.
            """
    )

    @OptionGroup var options: CommonOptions

    @Option(name: .long, help: "The account; may be given more than once.")
    var subject: [String] = []

    @Flag(name: .long, help: "All accounts.")
    var all = false

    func validate() throws {
        guard subject.isEmpty == all else { throw ValidationError("Name accounts with --subject, or --all.") }
    }

    func run() async throws {
        do {
            let verifier = try options.verifier()
            if all { try await verifier.unlockAll() }
            for subject in subject { try await verifier.unlock(subject: subject) }
        } catch let error as VerifierError {
            throw ProgramFailure(error)
        }
    }
}
