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
