import MatchProof
import ServiceSupport
import Sodium
import Varlink

/// What the caller asked a verifier for. The challenge that came back must say the same: a verifier that hands on
/// another's challenge, or one for another purpose, role or person, gets nothing.
struct ChallengeExpectation: Equatable, Sendable {
    /// Where the verifier was contacted.
    var origin: Origin
    var role: String
    var subject: String
    var purpose: String
    var samples: Int
    // What is nil, the caller left to the verifier.
    var modality: String?
    var label: String?
    var assurance: String?
    var audience: String?
    /// 32 bytes.
    var verifierKey: [UInt8]?

    /// A field in which a challenge differs from what was asked for; keys are in hexadecimal.
    struct Mismatch: Error, Equatable {
        let field: String
        let expected: String
        let found: String

        init(_ field: String, expected: String, found: String) {
            (self.field, self.expected, self.found) = (field, expected, found)
        }

        /// Challenges that do not belong together: the first is what the others are held against.
        init(_ fault: ChallengeSet.Fault) {
            self.init(fault.field, expected: fault.expected, found: fault.found)
        }
    }

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

extension ChallengeExpectation {
    /// From the member `expected` of a call.
    init(_ call: Parameters) throws(VarlinkError) {
        guard let members = try call.optionalObject("expected") else { throw .invalidParameter("expected") }
        guard let origin = Origin(try members.string("origin")) else { throw .invalidParameter("expected.origin") }
        let verifierKey = try members.optionalBytes("verifierKey")
        guard verifierKey.map({ $0.count == 32 }) ?? true else { throw .invalidParameter("expected.verifierKey") }
        self.init(
            origin: origin,
            role: try members.string("role"),
            subject: try members.string("subject"),
            purpose: try members.string("purpose"),
            samples: Int(clamping: try members.integer("samples")),
            modality: try members.optionalString("modality"),
            label: try members.optionalString("label"),
            assurance: try members.optionalString("assurance"),
            audience: try members.optionalString("audience"),
            verifierKey: verifierKey
        )
    }
}
