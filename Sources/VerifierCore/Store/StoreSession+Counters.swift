import Foundation
import GRDB

extension StoreSession {
    /// What the limits say to one more challenge under this counter.
    func decision(_ kind: AttemptCounter.Kind, key: [UInt8], limiter: AttemptLimiter) throws -> AttemptLimiter.Decision
    {
        guard let counter = try counter(kind, key: key).map({ try AttemptCounter(row: $0) }) else {
            return limiter.decide(issued: 0, last: nil, now: now)
        }
        return limiter.decide(issued: counter.issued, last: counter.last, now: now)
    }

    /// Counts one issued challenge. `known` tells whether it is for somebody who is enrolled: such counters stay for
    /// ever, of the others the least recently used go when there are too many.
    func countIssued(_ kind: AttemptCounter.Kind, key: [UInt8], known: Bool) throws {
        if var row = try counter(kind, key: key) {
            var counter = try AttemptCounter(row: row)
            counter.issued = min(counter.issued + 1, Int(Int32.max))
            counter.known = counter.known || known
            counter.last = now
            row.values = counter.values.map { $0?.databaseValue ?? .null }
            try Schema.counters.update(row, in: database, seal: seal)
            return
        }
        if !known { try makeRoomForUnknownCounter() }
        let counter = AttemptCounter(kind: kind, key: key, issued: 1, known: known, last: now)
        try Schema.counters.insert(counter.values, into: database, seal: seal)
    }

    /// Forgets the attempts after a success, or by an administrator's word.
    func clearCounter(_ kind: AttemptCounter.Kind, key: [UInt8]) throws {
        try Schema.counters.delete(where: "kind = ? AND key = ?", [kind.rawValue, Data(key)], in: database)
    }

    private func counter(_ kind: AttemptCounter.Kind, key: [UInt8]) throws -> SealedRow? {
        try Schema.counters.row(where: "kind = ? AND key = ?", [kind.rawValue, Data(key)], in: database, seal: seal)
    }

    private func makeRoomForUnknownCounter() throws {
        let count = try Int.fetchOne(database, sql: "SELECT COUNT(*) FROM attemptCounter WHERE known = 0") ?? 0
        guard count >= Self.unknownCounterLimit else { return }
        try Schema.counters.delete(
            where: "id IN (SELECT id FROM attemptCounter WHERE known = 0 ORDER BY lastAt LIMIT ?)",
            [count - Self.unknownCounterLimit + Self.unknownCounterLimit / 100],
            in: database
        )
    }
}
