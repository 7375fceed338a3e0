import Foundation
import GRDB
import MatchProof

/// A challenge that was issued.
struct ChallengeRecord: Sendable {
    let id: Int64
    /// 32 bytes.
    var nonce: [UInt8]
    /// The signed challenge as it was handed out.
    var encoded: [UInt8]
    var role: Role
    var subjectPseudonym: [UInt8]
    /// The enrolment that it asks about; nil for a decoy and for an enrolment to be made.
    var enrolment: Int64?
    var binding: Binding
    /// The enrolment token that allowed it, if one did.
    var token: Int64?
    /// Seconds since 1970-01-01 UTC.
    var expires: UInt64
    var issued: ClockReading
    var consumed: Bool

    /// The columns of `Schema.challenges`.
    var values: [(any DatabaseValueConvertible)?] {
        [
            Data(nonce), Data(encoded), Int(role.rawValue), Data(subjectPseudonym), enrolment, binding.kind,
            Data(binding.key), token, Int64(clamping: expires), Int64(clamping: issued.unixSeconds),
            Int64(clamping: issued.bootMilliseconds), Data(issued.bootIdentity), consumed ? 1 : 0,
        ]
    }

    init(
        signed: SignedChallenge,
        subjectPseudonym: [UInt8],
        enrolment: Int64?,
        binding: Binding,
        token: Int64?,
        issued: ClockReading
    ) {
        self.id = 0
        self.nonce = signed.challenge.nonce
        self.encoded = signed.bytes
        self.role = signed.challenge.role
        self.subjectPseudonym = subjectPseudonym
        self.enrolment = enrolment
        self.binding = binding
        self.token = token
        self.expires = signed.challenge.expiresAt
        self.issued = issued
        self.consumed = false
    }

    init(row: SealedRow) throws {
        guard let role = Role(rawValue: try row.integer("role")),
            let binding = Binding(kind: try row.value("binding"), key: try row.bytes("bindingKey", count: 32))
        else { throw row.damaged }
        self.id = row.id
        self.nonce = try row.bytes("nonce", count: 32)
        self.encoded = try row.bytes("encoded")
        self.role = role
        self.subjectPseudonym = try row.bytes("subjectPseudonym", count: 32)
        self.enrolment = try row.optional("enrolment")
        self.binding = binding
        self.token = try row.optional("token")
        self.expires = try row.integer("expires")
        self.issued = ClockReading(
            unixSeconds: try row.integer("issuedAt"),
            bootMilliseconds: try row.integer("issuedBootMilliseconds"),
            bootIdentity: try row.bytes("issuedBootIdentity")
        )
        self.consumed = try row.integer("consumed", as: Int.self) != 0
    }

    /// Whether the challenge is dead by any clock.
    func isExpired(at now: ClockReading) -> Bool {
        guard now.unixSeconds < expires, expires > issued.unixSeconds else { return true }
        return now.mayHavePassed(seconds: expires - issued.unixSeconds, since: issued)
    }
}
