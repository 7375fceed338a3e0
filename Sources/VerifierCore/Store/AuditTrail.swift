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
    private static let start = [UInt8](repeating: 0, count: RowSeal.byteCount)

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

    /// What is wrong with the chains; nil if nothing is.
    func firstBreak() throws -> StoreError? {
        for category in AuditClass.allCases {
            guard let row = try storedChain(category) else {
                if try Int64.fetchOne(
                    database,
                    sql: "SELECT id FROM audit WHERE class = ? LIMIT 1",
                    arguments: [category.rawValue]
                ) != nil {
                    return .brokenAuditChain(row: 0)
                }
                continue
            }
            let chain = try AuditChain(row: row)
            var (current, count) = (chain.anchor, 0)
            try Schema.audit.forEachRow(where: "class = ?", [category.rawValue], in: database) { id, values in
                let fixed = values.prefix(Self.fixedCount).map { $0 as (any DatabaseValueConvertible)? }
                current = link(category, after: current, fixed)
                guard constantTimeEqual(current, values[Self.fixedCount + 1].bytes) else {
                    throw StoreError.brokenAuditChain(row: id)
                }
                count += 1
            }
            guard constantTimeEqual(current, chain.head), count == chain.rows else { return .brokenAuditChain(row: 0) }
        }
        guard let pin = try mark(), constantTimeEqual(pin.head, try heads()) else { return .rolledBackAuditTrail }
        return nil
    }

    /// How far the trail has come, by its pin; nil where that is missing.
    func mark() throws -> AuditMark? {
        try storedPin().map { row in
            AuditMark(lines: try row.integer("rows"), head: try row.bytes("head", count: RowSeal.byteCount))
        }
    }

    /// Pins the chains as they are; once, when the table of the chains has just been made, or did not have a pin before.
    func pin() throws {
        var lines = 0
        try Schema.auditChains.forEachRow(where: "1", [], in: database) { _, values in
            lines += Int.fromDatabaseValue(values[3]) ?? 0
        }
        try Schema.auditChains.insert(
            [Self.pinName, Data(Self.start), Data(try heads()), lines],
            into: database,
            seal: seal
        )
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
        let oldest = try Row.fetchAll(
            database,
            sql: "SELECT id, lastTime, chain FROM audit WHERE class = ? ORDER BY id LIMIT \(Self.prunedAtOnce)",
            arguments: [chain.category.rawValue]
        )
        for row in oldest {
            let time: Int64 = row["lastTime"]
            // A line that somebody made older than it is stays, for `check` to find.
            let id: Int64 = row["id"]
            guard (try? Schema.audit.row(where: "id = ?", [id], in: database, seal: seal)) != nil else { return }
            let age = now > UInt64(clamping: time) ? now - UInt64(clamping: time) : 0
            guard age > retentionSeconds || chain.rows > maximumRows(chain.category) else { return }
            let link: Data = row["chain"]
            try Schema.audit.delete(where: "id = ?", [id], in: database)
            chain.anchor = [UInt8](link)
            chain.rows -= 1
        }
    }

    private static let fixedCount = 9

    /// What of a line never changes.
    private func fixedValues(_ event: AuditEvent) -> [(any DatabaseValueConvertible)?] {
        [
            event.category.rawValue, Int64(clamping: event.time), event.kind.rawValue, event.subject, event.modality,
            event.label, event.purpose, event.reason, event.origin,
        ]
    }

    private func link(
        _ category: AuditClass,
        after previous: [UInt8],
        _ fixed: [(any DatabaseValueConvertible)?]
    ) -> [UInt8] {
        let values = [Data(previous).databaseValue] + fixed.map { $0?.databaseValue ?? .null }
        return seal.seal(table: "audit chain", id: 0, values: values)
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

    private func storedChain(_ category: AuditClass) throws -> SealedRow? {
        try Schema.auditChains.row(where: "class = ?", [category.rawValue], in: database, seal: seal)
    }

    private func chainRow(_ category: AuditClass) throws -> SealedRow {
        if let row = try storedChain(category) { return row }
        let chain = AuditChain(category: category, anchor: Self.start, head: Self.start, rows: 0)
        let id = try Schema.auditChains.insert(chain.values, into: database, seal: seal)
        return SealedRow(
            table: Schema.auditChains,
            id: id,
            values: chain.values.map { $0?.databaseValue ?? .null }
        )
    }
}

/// The pin: the row of `Schema.auditChains` about all the others.
extension AuditTrail {
    private static let pinName = "all"

    private func storedPin() throws -> SealedRow? {
        try Schema.auditChains.row(where: "class = ?", [Self.pinName], in: database, seal: seal)
    }

    /// The pin, if it says what the chains say. One that does not is evidence and stays as it is.
    private func fittingPin() throws -> SealedRow? {
        guard let row = try? storedPin(), let head = try? row.bytes("head"),
            constantTimeEqual(head, try heads())
        else { return nil }
        return row
    }

    /// Takes note of one more line.
    private func movePin(_ row: SealedRow) throws {
        let lines = try row.integer("rows", as: Int64.self)
        var row = row
        row.values = [
            Self.pinName.databaseValue, Data(Self.start).databaseValue, Data(try heads()).databaseValue,
            (lines + 1).databaseValue,
        ]
        try Schema.auditChains.update(row, in: database, seal: seal)
    }

    /// A keyed hash over the heads of all chains, as they stand there.
    private func heads() throws -> [UInt8] {
        var stored: [String: DatabaseValue] = [:]
        try Schema.auditChains.forEachRow(where: "1", [], in: database) { _, values in
            if let name = String.fromDatabaseValue(values[0]) { stored[name] = values[2] }
        }
        let values = AuditClass.allCases.flatMap { category in
            stored[category.rawValue].map { [category.rawValue.databaseValue, $0] } ?? []
        }
        return seal.seal(table: "audit heads", id: 0, values: values)
    }
}

/// How far the audit trail has come. Kept elsewhere, it shows whether the trail was put back since.
public struct AuditMark: Equatable, Sendable, CustomStringConvertible {
    /// Lines that were ever written, those that were dropped as too old included.
    public let lines: Int
    /// A keyed hash over the heads of its chains, 16 bytes.
    public let head: [UInt8]

    public var description: String { "\(lines) lines, \(Hexadecimal.encode(head))" }
}

/// A row of `Schema.auditChains`.
private struct AuditChain {
    var id: Int64 = 0
    let category: AuditClass
    /// The chain of the last line that was dropped.
    var anchor: [UInt8]
    /// The chain of the newest line.
    var head: [UInt8]
    var rows: Int

    var values: [(any DatabaseValueConvertible)?] { [category.rawValue, Data(anchor), Data(head), rows] }

    var row: SealedRow {
        SealedRow(table: Schema.auditChains, id: id, values: values.map { $0?.databaseValue ?? .null })
    }

    init(category: AuditClass, anchor: [UInt8], head: [UInt8], rows: Int) {
        self.category = category
        self.anchor = anchor
        self.head = head
        self.rows = rows
    }

    init(row: SealedRow) throws {
        guard let category = AuditClass(rawValue: try row.value("class")) else { throw row.damaged }
        self.init(
            category: category,
            anchor: try row.bytes("anchor", count: RowSeal.byteCount),
            head: try row.bytes("head", count: RowSeal.byteCount),
            rows: try row.integer("rows")
        )
        self.id = row.id
    }
}

extension DatabaseValue {
    /// A blob's bytes; none for another value.
    fileprivate var bytes: [UInt8] { Data.fromDatabaseValue(self).map { [UInt8]($0) } ?? [] }
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
