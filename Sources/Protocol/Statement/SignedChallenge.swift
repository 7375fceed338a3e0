import Commitments
import Encoding
import Sodium

/// A challenge with the verifier's Ed25519 signature over `"semblance challenge v1" || challenge`.
public struct SignedChallenge: Equatable, Sendable {
    /// What ``bytes`` begin with, decoded.
    public let challenge: Challenge
    /// The encoded challenge followed by 64 bytes of signature.
    public let bytes: [UInt8]

    static let signingContext: [UInt8] = Array("semblance challenge v1".utf8)
    static let signatureByteCount = 64

    /// SHA-256 of `"semblance challenge digest v1" || bytes`; what sensors sign and proofs absorb.
    public var digest: [UInt8] {
        Hash.sha256(Array("semblance challenge digest v1".utf8) + bytes)
    }

    /// - Parameter key: the one whose public half the challenge names as `verifierKey`; otherwise ``isSigned(by:)`` is
    ///   false.
    public init(signing challenge: Challenge, with key: SigningKey) {
        let encoded = challenge.encode()
        self.challenge = challenge
        self.bytes = encoded + key.sign(Self.signingContext + encoded)
    }

    /// Reads a challenge and 64 bytes more; whose signature that is only ``isSigned(by:)`` tells.
    ///
    /// - Throws: the first field that is malformed or out of range; `trailingBytes`.
    public init(decoding bytes: some Collection<UInt8>) throws(WireError) {
        var reader = WireReader(bytes)
        self.challenge = try Challenge(reading: &reader)
        _ = try reader.readRaw(Self.signatureByteCount)
        try reader.finish()
        self.bytes = Array(bytes)
    }

    /// Whether `key` signed this challenge and the challenge names that very key.
    public func isSigned(by key: VerifyingKey) -> Bool {
        guard challenge.verifierKey == key.bytes else { return false }
        let encoded = bytes.dropLast(Self.signatureByteCount)
        return key.isValid(
            signature: Array(bytes.suffix(Self.signatureByteCount)),
            for: Self.signingContext + encoded
        )
    }
}

/// Challenges of which any one may be answered: they ask for logins of one subject by several of his enrolments.
///
/// A verifier issues them together, under one nonce, so that the first answer uses all of them up.
public enum ChallengeSet {
    /// So many at most.
    public static let maximumCount = 8

    /// In what challenges are no set; binary values are in hexadecimal.
    public struct Fault: Error, Equatable, Sendable {
        /// A member's name as ``Challenge`` has it, or `alternatives` where their number is the fault.
        public let field: String
        /// The first challenge's value, or what the field should be, in words.
        public let expected: String
        /// The value of the challenge that differs.
        public let found: String
    }

    /// Whether the challenges may stand beside one another: logins that differ in what a sample is compared with
    /// (modality, label, template, epoch, model, bounds, assurance) and in nothing else, each about another enrolment.
    /// A single challenge is a set, whatever its role.
    public static func check(_ challenges: [Challenge]) throws(Fault) {
        guard let first = challenges.first, challenges.count > 1 else { return }
        guard challenges.count <= maximumCount else {
            throw Fault(
                field: "alternatives",
                expected: "at most \(maximumCount - 1)",
                found: "\(challenges.count - 1)"
            )
        }
        guard first.role == .authenticate else {
            throw Fault(field: "role", expected: Role.authenticate.name, found: first.role.name)
        }
        let shared = shared(first)
        for (index, challenge) in challenges.enumerated().dropFirst() {
            for (expected, found) in zip(shared, self.shared(challenge)) where !isSame(expected.value, found.value) {
                throw Fault(field: expected.field, expected: expected.value, found: found.value)
            }
            for earlier in challenges[..<index]
            where earlier.modality == challenge.modality && isSame(earlier.label, challenge.label) {
                throw Fault(field: "label", expected: "each once", found: challenge.label)
            }
        }
    }

    /// What all challenges of a set say alike.
    private static func shared(_ challenge: Challenge) -> [(field: String, value: String)] {
        [
            ("role", challenge.role.name),
            ("audience", challenge.audience),
            ("verifierKey", Hexadecimal.encode(challenge.verifierKey)),
            ("clientKey", Hexadecimal.encode(challenge.clientKey)),
            ("subject", challenge.subject),
            ("purpose", challenge.purpose),
            ("nonce", Hexadecimal.encode(challenge.nonce)),
            ("samples", String(challenge.samples)),
            ("issuedAt", String(challenge.issuedAt)),
            ("expiresAt", String(challenge.expiresAt)),
        ]
    }

    /// By bytes: Swift's equality takes canonically equivalent texts for one.
    private static func isSame(_ left: String, _ right: String) -> Bool { left.utf8.elementsEqual(right.utf8) }
}
