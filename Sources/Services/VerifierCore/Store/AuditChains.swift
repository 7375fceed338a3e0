import Foundation
import GRDB
import Sodium

/// The chains of the audit table, and what `check` finds wrong with them.
extension AuditTrail {
    private static let start = [UInt8](repeating: 0, count: RowSeal.byteCount)

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
            lines &+= Int.fromDatabaseValue(values[3]) ?? 0  // nobody has looked at the seal
        }
        try Schema.auditChains.insert(
            [Self.pinName, Data(Self.start), Data(try heads()), lines],
            into: database,
            seal: seal
        )
    }

    /// The chain of a line.
    func link(
        _ category: AuditClass,
        after previous: [UInt8],
        _ fixed: [(any DatabaseValueConvertible)?]
    ) -> [UInt8] {
        let values = [Data(previous).databaseValue] + fixed.map { $0?.databaseValue ?? .null }
        return seal.seal(table: "audit chain", id: 0, values: values)
    }

    private func storedChain(_ category: AuditClass) throws -> SealedRow? {
        try Schema.auditChains.row(where: "class = ?", [category.rawValue], in: database, seal: seal)
    }

    /// The row of a class's chain, made where the class had no line yet.
    func chainRow(_ category: AuditClass) throws -> SealedRow {
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
    func fittingPin() throws -> SealedRow? {
        guard let row = try? storedPin(), let head = try? row.bytes("head"),
            constantTimeEqual(head, try heads())
        else { return nil }
        return row
    }

    /// Takes note of one more line.
    func movePin(_ row: SealedRow) throws {
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
struct AuditChain {
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
