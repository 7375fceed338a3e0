import Foundation
import GRDB
import ServiceSupport

/// Refused proofs since the last success under one ``AttemptKey``.
struct AttemptCounter: Sendable {
    var key: AttemptKey
    var failures: Int
    var last: ClockReading

    /// The columns of `Schema.attempts`.
    var values: [(any DatabaseValueConvertible)?] {
        [
            key.place.rawValue, Data(key.pseudonym), failures, Int64(clamping: last.unixSeconds),
            Int64(clamping: last.bootMilliseconds), Data(last.bootIdentity),
        ]
    }

    init(key: AttemptKey, failures: Int, last: ClockReading) {
        self.key = key
        self.failures = failures
        self.last = last
    }

    init(row: SealedRow) throws {
        guard let place = AttemptKey.Place(rawValue: try row.value("place")) else { throw row.damaged }
        self.key = AttemptKey(place: place, pseudonym: try row.bytes("pseudonym", count: 32))
        self.failures = try row.integer("failures")
        self.last = ClockReading(
            unixSeconds: try row.integer("lastAt"),
            bootMilliseconds: try row.integer("lastBootMilliseconds"),
            bootIdentity: try row.bytes("lastBootIdentity")
        )
    }
}
