import Encoding
import ServiceSupport

/// The configuration files' texts. What an administrator wrote stays: keys are added, and changed where they must be. What is in force
/// counts, drop-ins too; written is the main file.
struct SetupConfiguration {
    static let prover = "/etc/semblance/prover.json"
    static let verifier = "/etc/semblance/verifier.json"
    private static let plainSensor = SetupSensor.tray("")

    private let choice: SetupChoice
    private let facts: SetupFacts

    init(_ choice: SetupChoice, _ facts: SetupFacts) {
        (self.choice, self.facts) = (choice, facts)
    }

    /// By path; the text that is there where it says all that is needed.
    func texts() throws(SetupPlan.Refusal) -> [(path: String, text: String)] {
        [
            try text(choice.sensor.configuration, sensor), try text(Self.prover, prover),
            try text(Self.verifier, verifier),
        ]
    }

    private typealias Members = [String: JSON]

    private func text(
        _ path: String,
        _ change: (Members) throws(SetupPlan.Refusal) -> Members
    ) throws(SetupPlan.Refusal) -> (path: String, text: String) {
        let layers = try layers(path)
        let after = try SetupChange(layers, path: path).main(for: change(layers.members))
        guard let text = facts.texts[path], after == layers.main else { return (path, Self.text(of: .object(after))) }
        return (path, text)
    }

    private func layers(_ path: String) throws(SetupPlan.Refusal) -> LayeredConfiguration {
        do {
            return try LayeredConfiguration(
                path,
                text: facts.texts[path],
                dropIns: facts.dropIns[path, default: []].map { ($0.path, $0.text) }
            )
        } catch {
            throw SetupPlan.Refusal(message: "\(error)", hint: "mend it, or move it away")
        }
    }

    private func sensor(_ before: Members) -> Members {
        var members = before
        for key in ["tray", "camera", "cameraKind", "reader", "readerRidges"] { members[key] = nil }
        switch choice.sensor {
        case .tray(let path):
            members["tray"] = .string(path)
        case .camera(let name, let kind):
            members["camera"] = .string(name)
            members["cameraKind"] = kind == "auto" ? nil : .string(kind)
        case .reader(let name):
            members["reader"] = .string(name)
            members["readerRidges"] = before["readerRidges"]
        }
        // A sensor has the models of its modality: one that saw others before starts anew.
        let isSame = ["tray", "camera", "reader"].allSatisfy { before[$0] == members[$0] }
        members["models"] = Self.adding(.string(choice.model.path), to: isSame ? before["models"] : nil)
        return members
    }

    private func prover(_ before: Members) -> Members {
        var members = before
        members["models"] = Self.adding(.string(choice.model.path), to: before["models"])
        let socket = choice.sensor.socket
        if case .array(let entries)? = before["sensors"] {
            let isThere = entries.contains { Self.member("socket", of: $0) == .string(socket) }
            let name = choice.sensor.instance ?? "tray"
            if !isThere { members["sensors"] = .array(entries + [["name": .string(name), "socket": .string(socket)]]) }
            return members
        }
        let usual = JSON.string(Self.plainSensor.socket)
        guard (before["sensorSocket"] ?? usual) != .string(socket) else { return members }
        var entries: [JSON] = []
        // Another sensor is configured already, or named: it stays.
        if facts.texts[Self.plainSensor.configuration] != nil || before["sensorSocket"] != nil {
            entries.append(["name": "sensor", "socket": before["sensorSocket"] ?? usual])
        }
        members["sensorSocket"] = nil
        members["sensors"] = .array(
            entries + [["name": .string(choice.sensor.instance ?? "tray"), "socket": .string(socket)]]
        )
        return members
    }

    private func verifier(_ before: Members) throws(SetupPlan.Refusal) -> Members {
        var members = before
        if let audience = choice.audience, let there = before["audience"], there != .string(audience), facts.hasDatabase
        {
            throw SetupPlan.Refusal(
                message: "the verifier's database is of another audience than \(audience)",
                hint: "leave --audience out, or move /var/lib/semblance-verifier away: everybody enrols again then"
            )
        }
        if let audience = choice.audience { members["audience"] = .string(audience) }
        let usual: Members = [
            "audience": .string(choice.hostName), "database": "/var/lib/semblance-verifier/verifier.sqlite",
            "signingKey": "/var/lib/semblance-verifier/signing-key", "varlink": ["socket": "/run/semblance/verifier"],
            "policy": [:],
        ]
        members.merge(usual) { there, _ in there }
        guard case .object(var policy)? = members["policy"] else { return members }
        var models: [JSON] = []
        if case .array(let there)? = policy["models"] { models = there }
        let rate = choice.falseMatchRate.map { JSON.number($0) }
        if let place = models.firstIndex(where: Self.isListing(choice.model.identity)) {
            if let rate, case .object(var entry) = models[place], entry["falseMatchRate"] != rate {
                entry["falseMatchRate"] = rate
                entry["threshold"] = nil
                models[place] = .object(entry)
            }
        } else {
            models.append([
                "identity": .string(choice.model.identity), "published": .string(choice.model.published),
                "falseMatchRate": rate ?? .number(SetupChoice.usualFalseMatchRate),
            ])
        }
        policy["models"] = .array(models)
        members["policy"] = .object(policy)
        return members
    }

    /// Whether an entry of the verifier's models is of that one.
    static func isListing(_ identity: String) -> (JSON) -> Bool {
        { member("identity", of: $0) == .string(identity) }
    }

    private static func adding(_ value: JSON, to list: JSON?) -> JSON {
        guard case .array(let values)? = list else { return [value] }
        return .array(values.contains(value) ? values : values + [value])
    }

    private static func member(_ name: String, of json: JSON) -> JSON? {
        guard case .object(let members) = json else { return nil }
        return members[name]
    }

    /// The text with stand-ins for the values of those keys, by dotted paths; as it is where it has none of them. Not a search in the
    /// text: a key can be spelt in many ways.
    static func text(_ text: String, hiding keys: Set<String>) -> String {
        guard !keys.isEmpty, let json = try? JSON(file: text.utf8) else { return text }
        let hidden = hiding(keys, in: json, at: [])
        return hidden == json ? text : Self.text(of: hidden)
    }

    private static func hiding(_ keys: Set<String>, in json: JSON, at path: [String]) -> JSON {
        guard case .object(let members) = json else { return json }
        return .object(
            Dictionary(
                uniqueKeysWithValues: members.map { name, value in
                    let key = path + [name]
                    return (
                        name,
                        keys.contains(key.joined(separator: "."))
                            ? .string(ConfigurationReport.hidden) : hiding(keys, in: value, at: key)
                    )
                }
            )
        )
    }

    /// One key a line, for people who edit it.
    static func text(of json: JSON) -> String { lines(json, "") + "\n" }

    private static func lines(_ json: JSON, _ indent: String) -> String {
        let deeper = indent + "  "
        switch json {
        case .object(let members) where !members.isEmpty:
            let rows = members.sorted { $0.key < $1.key }.map { member in
                "\(deeper)\(plain(.string(member.key))): \(lines(member.value, deeper))"
            }
            return "{\n\(rows.joined(separator: ",\n"))\n\(indent)}"
        case .array(let values) where values.contains { if case .object = $0 { true } else { false } }:
            return "[\n\(values.map { deeper + lines($0, deeper) }.joined(separator: ",\n"))\n\(indent)]"
        default: return plain(json)
        }
    }

    private static func plain(_ json: JSON) -> String { String(decoding: json.encode(), as: UTF8.self) }
}
