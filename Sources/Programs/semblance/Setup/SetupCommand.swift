import ArgumentParser
import Encoding
import Foundation
import ServiceSupport
import Setup

#if canImport(Glibc)
    import Glibc
#endif

struct SetupCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "setup",
        abstract:
            "Take this machine to a login by face or finger: configuration, keys, services, enrolment, PAM. For root.",
        discussion: """
            Shows what is to be done, asks, and does it step by step; what is done already is left out. Whatever fails stops it \
            with what to do about it, and the next run goes on from there. What an administrator wrote into the configuration \
            stays; where a file has to change, the change is shown first, and the file as it was is kept in \
            /var/backups/semblance. Logins are made to ask only after one has been tried.
            """
    )

    @Option(
        help: ArgumentHelp(
            "tray=DIRECTORY, camera=NAME or reader=NAME (default: what is configured, or the one that is found).",
            valueName: "sensor"
        )
    )
    var sensor: String?
    @Option(
        help: ArgumentHelp("The model file (default: the installed one for the sensor).", valueName: "file"),
        completion: .models
    )
    var model: String?
    @Option(help: ArgumentHelp("The verifier's name (default: what is configured, or the host's).", valueName: "name"))
    var audience: String?
    @Option(
        help: ArgumentHelp(
            "False match rate of the model's table that is demanded at most (default: what is configured, or 0.001).",
            valueName: "rate"
        )
    )
    var falseMatchRate: Double?
    @Option(
        help: ArgumentHelp("Who is enrolled (default: who logged in here, if that is not root).", valueName: "name"),
        completion: .accounts
    )
    var user: String?
    @Option(help: ArgumentHelp("Which finger or face setting is enrolled.", valueName: "text"), completion: .labels)
    var label = "default"
    @Option(help: "How many samples to take, 1 to 5.")
    var samples = 3
    @Option(
        help: ArgumentHelp("Have only this service ask, for example sudo (default: every one).", valueName: "name"),
        completion: .services
    )
    var service: String?
    @Flag(help: "Enrol nobody, and leave logins as they are.")
    var noEnrol = false
    @Flag(help: "Leave logins as they are.")
    var noPam = false
    @Flag(help: "Leave the vault's key in a file of the daemon's own, and do not seal it to this machine.")
    var noSealKey = false
    @Flag(help: "Show what would be done, files as differences, and do nothing.")
    var dryRun = false
    @Flag(help: "Answer every question with yes.")
    var yes = false

    func validate() throws {
        try SubjectOptions.check(user: user, modality: nil, label: label)
        guard (1...5).contains(samples) else { throw ValidationError("--samples must be 1 to 5.") }
        guard falseMatchRate.map({ $0 > 0 && $0 < 1 }) ?? true else {
            throw ValidationError("--false-match-rate is between 0 and 1.")
        }
        guard sensor.map({ SensorFinder.sensor(named: $0) != nil }) ?? true else {
            throw ValidationError("--sensor is tray=DIRECTORY (an absolute path), camera=NAME or reader=NAME.")
        }
        guard model?.hasPrefix("/") ?? true else { throw ValidationError("--model is an absolute path.") }
        guard audience.map({ !$0.isEmpty && $0.utf8.count <= 255 && DisplayName.isHarmless($0) }) ?? true else {
            throw ValidationError("--audience is 1 to 255 bytes of text without control characters.")
        }
        guard service.map({ !$0.isEmpty && !$0.contains("/") }) ?? true else {
            throw ValidationError("--service is the name of a file in /etc/pam.d.")
        }
    }

    func run() async throws {
        guard geteuid() == 0 else {
            throw CommandFailure(.notPermitted, "only root sets a machine up", hint: "sudo semblance setup")
        }
        // New files and directories get the modes that they are given.
        umask(0o022)
        do {
            let survey = SetupSurvey()
            let choice = try SetupQuestions(self).choice(survey)
            let plan = try SetupPlan(choice, await survey.facts(choice))
            try await SetupExecutor(choice: choice, plan: plan, asks: !yes).run(isDryRun: dryRun)
        } catch let refusal as SetupPlan.Refusal {
            throw CommandFailure(.badInput, refusal.message, hint: refusal.hint)
        } catch let error as FileError {
            throw CommandFailure(
                .badInput,
                "\(error)",
                hint: "mend that and run this again: it goes on from where it stopped"
            )
        }
    }
}
