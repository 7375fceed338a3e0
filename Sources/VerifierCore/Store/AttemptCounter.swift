import Foundation
import GRDB

/// Challenges issued since the last success, for one subject or one commitment.
struct AttemptCounter: Sendable {
    enum Kind: String, Sendable {
        case subject
        case commitment
    }

    var kind: Kind
    /// Pseudonym of the subject, or the commitment; 32 bytes.
    var key: [UInt8]
    var issued: Int
    /// Whether it counts for somebody who is enrolled; such counters are never swept away.
    var known: Bool
    var last: ClockReading

    /// The columns of `Schema.counters`.
    var values: [(any DatabaseValueConvertible)?] {
        [
            kind.rawValue, Data(key), issued, known ? 1 : 0, Int64(clamping: last.unixSeconds),
            Int64(clamping: last.bootMilliseconds), Data(last.bootIdentity),
        ]
    }

    init(kind: Kind, key: [UInt8], issued: Int, known: Bool, last: ClockReading) {
        self.kind = kind
        self.key = key
        self.issued = issued
        self.known = known
        self.last = last
    }

    init(row: SealedRow) throws {
        guard let kind = Kind(rawValue: try row.value("kind")) else { throw row.damaged }
        self.kind = kind
        self.key = try row.bytes("key", count: 32)
        self.issued = try row.integer("issued")
        self.known = try row.integer("known", as: Int.self) != 0
        self.last = ClockReading(
            unixSeconds: try row.integer("lastAt"),
            bootMilliseconds: try row.integer("lastBootMilliseconds"),
            bootIdentity: try row.bytes("lastBootIdentity")
        )
    }
}
