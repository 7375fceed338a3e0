import Encoding
import ServiceSupport
import Statement

/// What a person is asked before a sample is taken for somebody who is not on this machine.
struct ConsentQuestion: Sendable, Equatable {
    let audience: String
    /// Where the verifier was contacted.
    let origin: Origin
    let purpose: String
    let role: String
    let subject: String
    let modality: String
    let label: String
    /// What any one of would do, in words; modality and label are the first of them.
    let presented: String
    /// The process that asks for the proof, and whose program has it ask.
    let caller: String

    /// - Parameter challenges: one, or a set.
    init(_ challenges: [Challenge], origin: Origin, _ request: Request) {
        let challenge = challenges[0]
        audience = challenge.audience
        self.origin = origin
        purpose = challenge.purpose
        role = challenge.role.name
        subject = challenge.subject
        modality = challenge.modality.name
        label = challenge.label
        presented = PresentedWords.list(challenges)
        let asker = request.asker.map { " for user \($0)" } ?? ""
        caller = "pid \(request.caller.pid) of user \(request.caller.uid)\(asker)"
    }

    func message(id: String, seconds: Int) -> [String: JSON] {
        [
            "id": .string(id), "audience": .string(audience), "origin": .string(origin.text),
            "purpose": .string(purpose),
            "role": .string(role), "subject": .string(subject), "modality": .string(modality),
            "label": .string(label), "presented": .string(presented), "caller": .string(caller),
            "seconds": .integer(Int64(seconds)),
        ]
    }
}

/// What a person presents to the sensor, in words.
enum PresentedWords {
    /// Such as "your right index finger, your left thumb or your face".
    static func list(_ challenges: [Challenge]) -> String {
        var names: [String] = []
        for challenge in challenges {
            let name = name(challenge.modality, challenge.label)
            if !names.contains(name) { names.append(name) }
        }
        return join(names)
    }

    /// Such as "a, b or c".
    static func join(_ words: [String]) -> String {
        guard words.count > 1, let last = words.last else { return words.first ?? "" }
        return words.dropLast().joined(separator: ", ") + " or " + last
    }

    private static func name(_ modality: Modality, _ label: String) -> String {
        switch modality {
        case .face: "your face"
        case .fingerprint: finger(label)
        }
    }

    /// Labels such as "right-index" and "left-thumb", also as fprintd writes them ("right-index-finger"), are known.
    private static func finger(_ label: String) -> String {
        if label == "default" { return "your finger" }
        let parts = label.split(separator: "-", omittingEmptySubsequences: false)
        guard (2...3).contains(parts.count), ["right", "left"].contains(parts[0]),
            ["thumb", "index", "middle", "ring", "little"].contains(parts[1]), parts.count == 2 || parts[2] == "finger"
        else { return "your finger \"\(label)\"" }
        return "your \(parts[0]) \(parts[1])" + (parts[1] == "thumb" ? "" : " finger")
    }
}
