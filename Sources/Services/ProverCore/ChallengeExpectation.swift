import Interfaces
import Sodium
import Statement

extension ChallengeExpectation {
    /// Compares every field but the origin, which a challenge does not name, and the client key (``DeviceKeyRule``).
    func check(_ challenge: Challenge) throws(Mismatch) {
        func compare(_ field: String, _ expected: String?, _ found: String) throws(Mismatch) {
            // By bytes: Swift's equality takes canonically equivalent texts for one.
            guard let expected, !expected.utf8.elementsEqual(found.utf8) else { return }
            throw Mismatch(field, expected: expected, found: found)
        }
        try compare("role", role, challenge.role.name)
        try compare("subject", subject, challenge.subject)
        try compare("purpose", purpose, challenge.purpose)
        try compare("samples", String(samples), String(challenge.samples))
        try compare("modality", modality, challenge.modality.name)
        try compare("label", label, challenge.label)
        try compare("assurance", assurance, challenge.assurance.name)
        try compare("audience", audience, challenge.audience)
        try compare(
            "verifierKey",
            verifierKey.map { Hexadecimal.encode($0) },
            Hexadecimal.encode(challenge.verifierKey)
        )
    }
}

extension ChallengeExpectation.Mismatch {
    /// Challenges that do not belong together: the first is what the others are held against.
    init(_ fault: ChallengeSet.Fault) {
        self.init(fault.field, expected: fault.expected, found: fault.found)
    }
}
