import Encoding
import ServiceSupport
import Sodium
import Varlink

/// What the caller asked a verifier for (type `Expectation` of `org.semblance.Prover`). The challenge that came back
/// must say the same: a verifier that hands on another's challenge, or one for another purpose, role or person, gets
/// nothing.
public struct ChallengeExpectation: Equatable, Sendable {
    /// Where the verifier was contacted.
    public var origin: Origin
    /// `Role.name`.
    public var role: String
    /// The account, compared by bytes.
    public var subject: String
    /// The service that asks, compared by bytes.
    public var purpose: String
    /// k: how many samples the proof is to have.
    public var samples: Int
    // What is nil, the caller left to the verifier.
    /// `Modality.name`; nil where any will do.
    public var modality: String?
    /// Which of the subject's templates; nil where any will do.
    public var label: String?
    /// `Assurance.name`; nil where any will do.
    public var assurance: String?
    /// The verifier's name; nil where any will do.
    public var audience: String?
    /// 32 bytes.
    public var verifierKey: [UInt8]?

    public init(
        origin: Origin,
        role: String,
        subject: String,
        purpose: String,
        samples: Int,
        modality: String? = nil,
        label: String? = nil,
        assurance: String? = nil,
        audience: String? = nil,
        verifierKey: [UInt8]? = nil
    ) {
        self.origin = origin
        self.role = role
        self.subject = subject
        self.purpose = purpose
        self.samples = samples
        self.modality = modality
        self.label = label
        self.assurance = assurance
        self.audience = audience
        self.verifierKey = verifierKey
    }

    /// From the member `expected` of a call.
    public init(_ call: Parameters) throws(VarlinkError) {
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

    /// As the member `expected` of a call.
    public var json: JSON {
        var members: [String: JSON] = [
            "origin": .string(origin.text), "role": .string(role), "subject": .string(subject),
            "purpose": .string(purpose), "samples": .integer(Int64(samples)),
        ]
        members["modality"] = modality.map { .string($0) }
        members["label"] = label.map { .string($0) }
        members["assurance"] = assurance.map { .string($0) }
        members["audience"] = audience.map { .string($0) }
        members["verifierKey"] = verifierKey.map { .string(Base64.encode($0)) }
        return .object(members)
    }
}

extension ChallengeExpectation {
    /// A field in which a challenge differs from what was asked for; keys are in hexadecimal.
    public struct Mismatch: Error, Equatable {
        /// As the error `ChallengeMismatch` of `org.semblance.Prover` names it.
        public let field: String
        /// What was asked for, or is pinned.
        public let expected: String
        /// What the challenge says, or where it comes from.
        public let found: String

        public init(_ field: String, expected: String, found: String) {
            (self.field, self.expected, self.found) = (field, expected, found)
        }

        init(_ parameters: Parameters) throws(VarlinkError) {
            self.init(
                try parameters.string("field"),
                expected: try parameters.string("expected"),
                found: try parameters.string("found")
            )
        }

        var parameters: [String: JSON] {
            ["field": .string(field), "expected": .string(expected), "found": .string(found)]
        }
    }
}
