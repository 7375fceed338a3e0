import Foundation
import ModelTools
import Models
import ServiceSupport
import Setup

#if canImport(Glibc)
    import Glibc
#endif

/// Everything that has to be known before anything is done: from flags, from what is configured, from what is found; what
/// is left is asked at the terminal.
struct SetupQuestions {
    private let options: SetupCommand

    init(_ options: SetupCommand) { self.options = options }

    func choice(_ survey: SetupSurvey) throws -> SetupChoice {
        let sensor = try sensor(survey)
        Terminal.result("sensor: \(sensor.words)")
        let model = try model(for: sensor, survey)
        let choice = SetupChoice(
            sensor: sensor,
            model: model,
            audience: options.audience,
            hostName: ProcessInfo.processInfo.hostName,
            falseMatchRate: options.falseMatchRate,
            person: options.noEnrol
                ? nil : SetupPerson(user: try user(), label: options.label, samples: options.samples),
            logins: options.noPam ? .asTheyAre : options.service.map { .service($0) } ?? .everyService,
            sealsKey: !options.noSealKey
        )
        return choice
    }

    // -- the sensor

    private func sensor(_ survey: SetupSurvey) throws -> SetupSensor {
        if let named = options.sensor.flatMap(SensorFinder.sensor(named:)) { return named }
        if let configured = try survey.configuredSensor() { return configured }
        let found = SensorFinder().candidates()
        guard !found.isEmpty else {
            throw CommandFailure(
                .sensor,
                "no sensor was found: neither a camera nor a fingerprint reader is plugged in",
                hint: "plug one in, or name a directory of image files by --sensor tray=DIRECTORY"
            )
        }
        let usable = found.filter(\.isUsable)
        if usable.count == 1 { return usable[0].sensor }
        let list = (usable.isEmpty ? found : usable).enumerated().map { "  \($0 + 1)  \($1.sensor.words): \($1.words)" }
        Terminal.note("sensors of this machine:\n\(list.joined(separator: "\n"))")
        guard !usable.isEmpty else {
            throw CommandFailure(.sensor, "none of them gives pictures now", hint: "their lines say why")
        }
        guard !options.yes, let answer = Terminal.answer("Which one? [1-\(usable.count)] "), let number = Int(answer),
            (1...usable.count).contains(number)
        else {
            throw CommandFailure(.sensor, "there are several sensors", hint: "name one by --sensor")
        }
        return usable[number - 1].sensor
    }

    // -- the model

    private func model(for sensor: SetupSensor, _ survey: SetupSurvey) throws -> SetupModel {
        let path = options.model ?? "/usr/share/semblance/\(sensor.modality)-v2.semblance-model"
        let description: ModelDescription
        do {
            description = try ModelCommands.inspect(Self.trusted(path))
        } catch let error as ModelError {
            throw CommandFailure(unusableModel: path, error)
        }
        // Image files are of whatever somebody puts there.
        if sensor.kind != SetupSensor.tray("").kind, description.modality != sensor.modality {
            throw CommandFailure(
                .badInput,
                "\(path) is for the modality \(description.modality), and a \(sensor.kind) sees a \(sensor.modality)",
                hint: "name another --model"
            )
        }
        let isConfigured = try options.falseMatchRate == nil && survey.isListed(description.identity)
        let rate = isConfigured ? nil : options.falseMatchRate ?? SetupChoice.usualFalseMatchRate
        if let rate, !description.thresholds.contains(where: { $0.fmr == rate }) {
            let rates = description.thresholds.map { "\($0.fmr)" }.joined(separator: ", ")
            throw CommandFailure(
                .badInput,
                "\(path) has no threshold for a false match rate of \(rate)",
                hint: rates.isEmpty ? "it has none at all: semblance model calibrate" : "it has those for \(rates)"
            )
        }
        say(description, at: rate.map { "a false match rate of \($0)" } ?? "the rate that is configured", path, sensor)
        return SetupModel(path: path, modality: description.modality, identity: description.identity)
    }

    /// The path, if nobody but root could have put the file there, and the daemons' users can read it.
    private static func trusted(_ path: String) throws -> String {
        do {
            let target = try TrustedPath.resolve(path)
            try SafeFile.check(target, privacy: .readable)
            var info = stat()
            guard stat(target, &info) == 0, info.st_mode & 0o004 != 0 else {
                throw CommandFailure(.badInput, "\(path): the daemons' users cannot read it", hint: "chmod a+r \(path)")
            }
            return path
        } catch FileError.missing(let missing) {
            throw CommandFailure(
                .badInput,
                "\(missing): does not exist",
                hint: "apt install semblance-models, or name a --model"
            )
        }
    }

    /// How well that pair of model and sensor is known.
    private func say(_ model: ModelDescription, at rate: String, _ path: String, _ sensor: SetupSensor) {
        Terminal.result("model: \(model.name), \(model.modality), at \(rate)")
        guard let note = CalibrationNote.load(beside: path, identity: model.identity) else {
            return Terminal.result(
                "warning: nothing beside it says on whom and on which sensors its thresholds were measured"
            )
        }
        if note.covers(sensor: sensor.kind) {
            Terminal.result("its thresholds were measured on such sensors: \(note.description)")
        } else {
            Terminal.result(
                "warning: its thresholds were measured on \(note.description), not on a sensor of the kind \(sensor.kind)"
            )
        }
    }

    // -- the person

    private func user() throws -> String {
        guard let name = try options.user ?? Self.whoLoggedIn() ?? askedUser() else {
            throw CommandFailure(
                .enrolment,
                "it is not known who is to be enrolled",
                hint: "--user NAME, or --no-enrol"
            )
        }
        guard UserName.uid(ofAccount: name) != nil else {
            throw CommandFailure(.enrolment, "there is no account \(name) on this machine")
        }
        return name
    }

    private func askedUser() throws -> String? {
        guard !options.yes, let name = Terminal.answer("Who is to be enrolled? ") else { return nil }
        if let refusal = NameRules.refusal(ofUser: name) { throw CommandFailure(.enrolment, refusal) }
        return name
    }

    /// Who logged in before becoming root, as the kernel remembers it.
    private static func whoLoggedIn() -> String? {
        guard let text = try? String(contentsOfFile: "/proc/self/loginuid", encoding: .utf8),
            let uid = UInt32(text.trimmingCharacters(in: .whitespacesAndNewlines)), uid != 0, uid != .max
        else { return nil }
        return UserName.name(of: uid)
    }
}
