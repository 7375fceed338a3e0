import Foundation
import GRDB
import ServiceSupport

/// Under which name failed attempts are counted. Only who can make an accepted proof under that name can make a failed
/// one that counts: the host's own daemons, or the holder of an enrolled device's key. Strangers have no counter.
struct AttemptKey: Hashable, Sendable {
    enum Place: String, Sendable {
        /// On the Unix socket, per subject.
        case local
        /// Over HTTP, per subject and enrolled device.
        case device
    }

    let place: Place
    /// Pseudonym of the subject, or of subject and device: 32 bytes.
    let pseudonym: [UInt8]
}

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

extension StoreSession {
    /// The failed attempts under `key`; nil for none.
    func attempts(_ key: AttemptKey) throws -> AttemptCounter? {
        try attemptRow(key).map(AttemptCounter.init(row:))
    }

    /// What the limits say to one more attempt under `key`.
    ///
    /// - Parameter pending: attempts that are being judged, which count as failed until they are not.
    func decision(_ key: AttemptKey, limiter: AttemptLimiter, pending: Int = 0) throws -> AttemptLimiter.Decision {
        let counter = try attempts(key)
        return limiter.decide(failures: (counter?.failures ?? 0) + pending, last: counter?.last, now: now)
    }

    /// Counts one refused proof.
    func countFailure(_ key: AttemptKey) throws {
        guard var row = try attemptRow(key) else {
            try Schema.attempts.insert(
                AttemptCounter(key: key, failures: 1, last: now).values,
                into: database,
                seal: seal
            )
            return
        }
        var counter = try AttemptCounter(row: row)
        counter.failures = min(counter.failures + 1, Int(Int32.max))
        counter.last = now
        row.values = counter.values.map { $0?.databaseValue ?? .null }
        try Schema.attempts.update(row, in: database, seal: seal)
    }

    /// Forgets the failures after a success, or by an administrator's word.
    func clearAttempts(_ key: AttemptKey) throws {
        try Schema.attempts.delete(
            where: "place = ? AND pseudonym = ?",
            [key.place.rawValue, Data(key.pseudonym)],
            in: database
        )
    }

    /// Begins the waits anew of which nobody can tell how long they have lasted, now that the wall clock went back; else
    /// they would last until it is where it was, which may be years. A damaged counter is left to who depends on it.
    func restartWaits() throws {
        var ids: [Int64] = []
        let ahead = Int64(clamping: now.unixSeconds)
        try Schema.attempts.forEachRow(where: "lastAt > ?", [ahead], in: database) { id, _ in ids.append(id) }
        for id in ids {
            do {
                guard var row = try Schema.attempts.row(where: "id = ?", [id], in: database, seal: seal) else {
                    continue
                }
                var counter = try AttemptCounter(row: row)
                guard now.hasLostCount(since: counter.last) else { continue }
                counter.last = now
                row.values = counter.values.map { $0?.databaseValue ?? .null }
                try Schema.attempts.update(row, in: database, seal: seal)
            } catch StoreError.corruptRow {
                continue
            }
        }
    }

    func clearAllAttempts() throws {
        try Schema.attempts.delete(where: "1", [], in: database)
    }

    private func attemptRow(_ key: AttemptKey) throws -> SealedRow? {
        try Schema.attempts.row(
            where: "place = ? AND pseudonym = ?",
            [key.place.rawValue, Data(key.pseudonym)],
            in: database,
            seal: seal
        )
    }
}
