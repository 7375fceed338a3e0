import Foundation
import GRDB
import Sodium

/// The audit table. Each class of events is a chain: a line's `chain` is a keyed hash over the line and the chain of the
/// one before it, so that a line that was changed, put in, moved or taken out is noticed (``firstBreak()``).
///
/// One more row, the pin, holds a keyed hash over the heads of all chains, and how many lines there ever were. So no single
/// chain can be put back to an earlier state, with its newest lines taken out: its sealed row of then would fit, the pin
/// does not. All of them together, like the whole file, can; against that a ``AuditMark`` is written to the journal.
///
/// What of a line may grow (count and time of the last occurrence) is outside the chain and under the row's seal.
struct AuditTrail {
    let database: Database
    let seal: RowSeal
    /// Lines go when they are older than this, in seconds, or when their class has too many.
    let retentionSeconds: UInt64
    /// How many lines of each class are kept.
    var maximumRows = { (category: AuditClass) in category.maximumRows }

    /// What is repeated within this time of its first occurrence, in seconds, is one line.
    static let coalescingSeconds: UInt64 = 3600
    /// Lines of class `attempt` about one subject within that time that tell for which service and from where. Further ones
    /// are counted by their reason alone: who is enrolled chooses services and addresses, and could push out others' lines.
    static let attemptsPerSubject = 100
    /// Old lines that are dropped with each new one, at most.
    private static let prunedAtOnce = 16

    /// Adds a line, or counts a repeated one.
    func record(_ event: AuditEvent) throws {
        guard event.category.isCoalesced else { return try append(event) }
        if try coalesce(event) { return }
        guard event.category == .attempt, try isCrowded(event) else { return try append(event) }
        let further = event.withoutCircumstances
        if try !coalesce(further) { try append(further) }
    }

    /// Adds a line, and drops those that are too old or too many.
    func append(_ event: AuditEvent) throws {
        let category = event.category
        let pin = try fittingPin()
        var chain = try AuditChain(row: try chainRow(category))
        let fixed = fixedValues(event)
        chain.head = link(category, after: chain.head, fixed)
        chain.rows += 1
        try Schema.audit.insert(
            fixed + [
                category.isCoalesced ? Data(digest(event)) : nil, Data(chain.head),
                Int64(clamping: event.lastTime), event.count,
            ],
            into: database,
            seal: seal
        )
        try prune(&chain, now: event.lastTime)
        try Schema.auditChains.update(chain.row, in: database, seal: seal)
        if let pin { try movePin(pin) }
    }

    /// Lines after row `id`, oldest first.
    ///
    /// - Parameter subject: only his, if given.
    func events(after id: Int64, subject: String?, limit: Int) throws -> [AuditEvent] {
        let (condition, arguments): (String, [(any DatabaseValueConvertible)?]) =
            if let subject { ("subject = ? AND id > ?", [subject, id]) } else { ("id > ?", [id]) }
        return try Schema.audit
            .rows(where: condition + " ORDER BY id LIMIT \(max(0, limit))", arguments, in: database, seal: seal)
            .map(AuditEvent.init(row:))
    }

    /// The id before the last `count` lines.
    func idBefore(last count: Int) throws -> Int64 {
        try Int64.fetchOne(
            database,
            sql: "SELECT id FROM audit ORDER BY id DESC LIMIT 1 OFFSET ?",
            arguments: [max(0, count)]
        ) ?? 0
    }

    /// Counts `event` on the line that tells of the same, if there is one that is young enough.
    private func coalesce(_ event: AuditEvent) throws -> Bool {
        let found: SealedRow?
        do {
            found = try Schema.audit.row(
                where: "digest = ? AND time > ? AND time <= ? ORDER BY id DESC",
                [Data(digest(event)), horizon(event), Int64(clamping: event.time)],
                in: database,
                seal: seal
            )
        } catch StoreError.corruptRow {
            return false  // A damaged line stays for `check` to find; this event gets one of its own.
        }
        guard var row = found, let last = row.table.columns.firstIndex(of: "lastTime"),
            let count = row.table.columns.firstIndex(of: "count")
        else { return false }
        row.values[last] = Int64(clamping: event.time).databaseValue
        row.values[count] = (try row.integer("count", as: Int.self) + 1).databaseValue
        try Schema.audit.update(row, in: database, seal: seal)
        return true
    }

    /// Before what time a line is too old to be counted on, in seconds.
    private func horizon(_ event: AuditEvent) -> Int64 {
        Int64(clamping: event.time > Self.coalescingSeconds ? event.time - Self.coalescingSeconds : 0)
    }

    /// Whether there are as many lines about the subject already as one may have in the time of coalescing.
    private func isCrowded(_ event: AuditEvent) throws -> Bool {
        let time = try Int64.fetchOne(
            database,
            sql: "SELECT time FROM audit WHERE class = ? AND subject = ? ORDER BY id DESC LIMIT 1 OFFSET ?",
            arguments: [event.category.rawValue, event.subject, Self.attemptsPerSubject - 1]
        )
        return time.map { $0 > horizon(event) } ?? false
    }

    private func prune(_ chain: inout AuditChain, now: UInt64) throws {
        let oldest = try Int64.fetchAll(
            database,
            sql: "SELECT id FROM audit WHERE class = ? ORDER BY id LIMIT \(Self.prunedAtOnce)",
            arguments: [chain.category.rawValue]
        )
        for id in oldest {
            // A line that somebody made older than it is stays, for `check` to find.
            guard let row = try? Schema.audit.row(where: "id = ?", [id], in: database, seal: seal),
                let time = try? row.integer("lastTime", as: UInt64.self),
                let link = try? row.bytes("chain", count: RowSeal.byteCount)
            else { return }
            let age = now > time ? now - time : 0
            guard age > retentionSeconds || chain.rows > maximumRows(chain.category) else { return }
            try Schema.audit.delete(where: "id = ?", [id], in: database)
            chain.anchor = link
            chain.rows -= 1
        }
    }

    static let fixedCount = 9

    /// What of a line never changes: the first ``fixedCount`` columns.
    func fixedValues(_ event: AuditEvent) -> [(any DatabaseValueConvertible)?] {
        [
            event.category.rawValue, Int64(clamping: event.time), event.kind.rawValue, event.subject, event.modality,
            event.label, event.purpose, event.reason, event.origin,
        ]
    }

    /// What repeated lines have in common.
    private func digest(_ event: AuditEvent) -> [UInt8] {
        var event = event
        event.time = 0
        return seal.seal(
            table: "audit line",
            id: 0,
            values: fixedValues(event).map { $0?.databaseValue ?? .null }
        )
    }
}

extension AuditEvent {
    fileprivate init(row: SealedRow) throws {
        guard let kind = Kind(rawValue: try row.value("event")),
            let category = AuditClass(rawValue: try row.value("class"))
        else { throw row.damaged }
        self.init(
            time: try row.integer("time"),
            kind: kind,
            category: category,
            subject: try row.value("subject"),
            modality: try row.optional("modality"),
            label: try row.optional("label"),
            purpose: try row.optional("purpose"),
            reason: try row.optional("reason"),
            origin: try row.value("origin")
        )
        self.lastTime = try row.integer("lastTime")
        self.count = try row.integer("count")
        self.id = row.id
    }
}
