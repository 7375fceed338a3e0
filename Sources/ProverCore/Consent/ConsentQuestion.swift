import MatchProof
import ServiceSupport
import Varlink

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
    /// The process that asks for the proof.
    let caller: String

    init(_ challenge: Challenge, origin: Origin, caller: PeerCredentials) {
        audience = challenge.audience
        self.origin = origin
        purpose = challenge.purpose
        role = challenge.role.name
        subject = challenge.subject
        modality = challenge.modality.name
        label = challenge.label
        self.caller = "pid \(caller.pid) of user \(caller.uid)"
    }

    func message(id: String, seconds: Int) -> [String: JSON] {
        [
            "id": .string(id), "audience": .string(audience), "origin": .string(origin.text), "purpose": .string(purpose),
            "role": .string(role), "subject": .string(subject), "modality": .string(modality),
            "label": .string(label), "caller": .string(caller), "seconds": .integer(Int64(seconds)),
        ]
    }
}
