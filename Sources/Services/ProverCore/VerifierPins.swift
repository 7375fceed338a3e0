import Interfaces
import ServiceSupport
import Sodium
import Statement
import Vault

/// What the configuration says of one audience.
public struct VerifierPin: Equatable, Sendable {
    /// The only key that its challenges may be signed by, 32 bytes.
    public var key: [UInt8]
    /// Where it may be contacted; empty where the configuration does not say.
    public var origins: Set<Origin>

    public init(key: [UInt8], origins: Set<Origin> = []) {
        (self.key, self.origins) = (key, origins)
    }
}

/// Which verifier belongs where: an audience has one key and one origin, an origin one audience. What is not configured
/// is pinned by a person's first enrolment, for this person: nobody can take a name for others.
struct VerifierPins {
    /// A verifier that is not the one that belongs to audience and origin.
    enum Refusal: Error, Equatable {
        case mismatch(ChallengeExpectation.Mismatch)
        case keyChanged(audience: String, origin: Origin, pinned: [UInt8], offered: [UInt8])
    }

    let configured: [String: VerifierPin]

    /// Whether a new enrolment may be made at this origin.
    ///
    /// - Parameter known: the enrolments of the subject's uid.
    func checkEnrolment(_ challenge: Challenge, at origin: Origin, known: [Enrolment]) throws(Refusal) {
        let audience = challenge.audience
        if let pin = configured[audience] {
            try check(pin, challenge, at: origin)
            if pin.origins.contains(origin) { return }
        }
        try checkHost(challenge, at: origin)
        for enrolment in known where enrolment.state == .active {
            if enrolment.origin == origin, enrolment.key.audience != audience {
                throw .mismatch(.init("audience", expected: enrolment.key.audience, found: audience))
            }
            guard enrolment.key.audience == audience else { continue }
            if let pinned = enrolment.origin, pinned != origin {
                throw .mismatch(.init("origin", expected: origin.text, found: pinned.text))
            }
            try checkKey(enrolment.policy.verifierKey, challenge, at: origin)
        }
    }

    /// Whether an enrolment may be used at this origin. One of before origins were pinned may be where it could be made.
    func checkUse(_ challenge: Challenge, at origin: Origin, of enrolment: Enrolment) throws(Refusal) {
        if let pin = configured[challenge.audience] {
            try check(pin, challenge, at: origin)
            if pin.origins.contains(origin) { return try checkKey(enrolment.policy.verifierKey, challenge, at: origin) }
        }
        if let pinned = enrolment.origin {
            guard pinned == origin else {
                throw .mismatch(.init("origin", expected: origin.text, found: pinned.text))
            }
        } else {
            try checkHost(challenge, at: origin)
        }
        try checkKey(enrolment.policy.verifierKey, challenge, at: origin)
    }

    private func check(_ pin: VerifierPin, _ challenge: Challenge, at origin: Origin) throws(Refusal) {
        guard pin.origins.isEmpty || pin.origins.contains(origin) else {
            let known = pin.origins.map(\.text).sorted().joined(separator: ", ")
            throw .mismatch(.init("origin", expected: origin.text, found: known))
        }
        try checkKey(pin.key, challenge, at: origin)
    }

    /// A certificate vouches for a host's name, and for no other name that the host might take.
    private func checkHost(_ challenge: Challenge, at origin: Origin) throws(Refusal) {
        guard origin.kind != .web || origin.host == challenge.audience else {
            throw .mismatch(.init("audience", expected: origin.host, found: challenge.audience))
        }
    }

    private func checkKey(_ pinned: [UInt8], _ challenge: Challenge, at origin: Origin) throws(Refusal) {
        guard constantTimeEqual(pinned, challenge.verifierKey) else {
            throw .keyChanged(
                audience: challenge.audience,
                origin: origin,
                pinned: pinned,
                offered: challenge.verifierKey
            )
        }
    }
}

/// What the configuration file says of one audience: a key in hexadecimal (or base64, as earlier versions wrote it), or
/// `{"key": ..., "origins": [...]}`.
public struct VerifierEntry: Decodable, Sendable {
    let key: String
    let origins: [String]

    private struct Member: CodingKey {
        let stringValue: String
        var intValue: Int? { nil }
        init(stringValue: String) { self.stringValue = stringValue }
        init?(intValue: Int) { nil }
    }

    public init(from decoder: any Decoder) throws {
        if let key = try? decoder.singleValueContainer().decode(String.self) {
            (self.key, origins) = (key, [])
            return
        }
        let members = try decoder.container(keyedBy: Member.self)
        for member in members.allKeys where !["key", "origins"].contains(member.stringValue) {
            let context = DecodingError.Context(
                codingPath: members.codingPath + [member],
                debugDescription: "there is no such option"
            )
            throw DecodingError.dataCorrupted(context)
        }
        key = try members.decode(String.self, forKey: Member(stringValue: "key"))
        origins = try members.decodeIfPresent([String].self, forKey: Member(stringValue: "origins")) ?? []
    }

    /// The entry's meaning.
    func pin(_ audience: String) throws(ConfigurationFault) -> VerifierPin {
        guard let bytes = Hexadecimal.decode(key) ?? Base64.decode(key), bytes.count == 32 else {
            throw .wrongValue(key: "verifiers.\(audience)", reason: "not a key of 32 bytes in hexadecimal")
        }
        var places: Set<Origin> = []
        for text in origins {
            guard let origin = Origin(text) ?? Origin(address: text) else {
                throw .wrongValue(key: "verifiers.\(audience).origins", reason: "\"\(text)\" is no origin")
            }
            places.insert(origin)
        }
        return VerifierPin(key: bytes, origins: places)
    }
}
