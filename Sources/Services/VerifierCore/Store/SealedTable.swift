import Foundation
import GRDB
import Sodium

/// A table each of whose rows carries a seal (see ``RowSeal``) in its last column. All names are compiled in; values
/// travel as bound arguments only.
struct SealedTable: Sendable {
    let name: String
    /// All columns but `id` and `seal`, in the order in which they are sealed.
    let columns: [String]

    private var columnList: String { columns.joined(separator: ", ") }

    @discardableResult
    func insert(_ values: [(any DatabaseValueConvertible)?], into database: Database, seal: RowSeal) throws -> Int64 {
        let values = values.map { $0?.databaseValue ?? .null }
        // Ids are never used twice (AUTOINCREMENT), so that no reference to a deleted row can come to mean another.
        let last = try Int64.fetchOne(
            database,
            sql: "SELECT seq FROM sqlite_sequence WHERE name = ?",
            arguments: [name]
        )
        let (id, overflow) = (last ?? 0).addingReportingOverflow(1)
        guard !overflow, values.count == columns.count else { throw StoreError.corruptFile }
        let marks = Array(repeating: "?", count: columns.count + 2).joined(separator: ", ")
        let sealed = Data(seal.seal(table: name, id: id, values: values)).databaseValue
        try database.execute(
            sql: "INSERT INTO \(name) (id, \(columnList), seal) VALUES (\(marks))",
            arguments: StatementArguments([id.databaseValue] + values + [sealed])
        )
        return id
    }

    /// The rows that fulfil `condition`, in the order of their ids.
    ///
    /// - Throws: ``StoreError/corruptRow(table:id:)`` at the first row whose seal does not fit.
    func rows(
        where condition: String = "1",
        _ arguments: [(any DatabaseValueConvertible)?] = [],
        in database: Database,
        seal: RowSeal
    ) throws -> [SealedRow] {
        try unchecked(where: condition, arguments, in: database).map { row in
            guard let checked = check(row, seal: seal) else {
                throw StoreError.corruptRow(table: name, id: row.id)
            }
            return checked
        }
    }

    func row(
        where condition: String,
        _ arguments: [(any DatabaseValueConvertible)?],
        in database: Database,
        seal: RowSeal
    ) throws -> SealedRow? {
        try rows(where: condition + " LIMIT 1", arguments, in: database, seal: seal).first
    }

    /// Writes the values of `row` back under a new seal.
    func update(_ row: SealedRow, in database: Database, seal: RowSeal) throws {
        let assignments = columns.map { "\($0) = ?" }.joined(separator: ", ")
        let sealed = Data(seal.seal(table: name, id: row.id, values: row.values)).databaseValue
        try database.execute(
            sql: "UPDATE \(name) SET \(assignments), seal = ? WHERE id = ?",
            arguments: StatementArguments(row.values + [sealed, row.id.databaseValue])
        )
    }

    @discardableResult
    func delete(
        where condition: String,
        _ arguments: [(any DatabaseValueConvertible)?],
        in database: Database
    ) throws -> Int {
        try database.execute(
            sql: "DELETE FROM \(name) WHERE \(condition)",
            arguments: StatementArguments(arguments.map { $0?.databaseValue ?? .null })
        )
        return database.changesCount
    }

    /// The ids of the rows whose seal does not fit.
    func damagedRows(in database: Database, seal: RowSeal) throws -> [Int64] {
        var damaged: [Int64] = []
        try forEach(where: "1", [], in: database) { if check($0, seal: seal) == nil { damaged.append($0.id) } }
        return damaged
    }

    /// The rows whose seal fits; damaged ones are passed over.
    func intactRows(in database: Database, seal: RowSeal) throws -> [SealedRow] {
        try unchecked(where: "1", [], in: database).compactMap { check($0, seal: seal) }
    }

    /// Calls `body` with id and values of each row, in the order of the ids, without looking at the seals.
    func forEachRow(
        where condition: String,
        _ arguments: [(any DatabaseValueConvertible)?],
        in database: Database,
        _ body: (Int64, [DatabaseValue]) throws -> Void
    ) throws {
        try forEach(where: condition, arguments, in: database) { try body($0.id, $0.values) }
    }

    private struct UncheckedRow {
        let id: Int64
        let values: [DatabaseValue]
        let seal: [UInt8]
    }

    private func unchecked(
        where condition: String,
        _ arguments: [(any DatabaseValueConvertible)?],
        in database: Database
    ) throws -> [UncheckedRow] {
        var rows: [UncheckedRow] = []
        try forEach(where: condition, arguments, in: database) { rows.append($0) }
        return rows
    }

    private func forEach(
        where condition: String,
        _ arguments: [(any DatabaseValueConvertible)?],
        in database: Database,
        _ body: (UncheckedRow) throws -> Void
    ) throws {
        let order = condition.contains("ORDER BY") || condition.contains(" LIMIT ") ? "" : " ORDER BY id"
        let cursor = try Row.fetchCursor(
            database,
            sql: "SELECT id, \(columnList), seal FROM \(name) WHERE \(condition)\(order)",
            arguments: StatementArguments(arguments.map { $0?.databaseValue ?? .null })
        )
        while let row = try cursor.next() {
            let values = (0..<columns.count + 2).map { row[$0] as DatabaseValue }
            try body(
                UncheckedRow(
                    id: Int64.fromDatabaseValue(values[0]) ?? 0,
                    values: Array(values[1...columns.count]),
                    seal: Data.fromDatabaseValue(values[columns.count + 1]).map { [UInt8]($0) } ?? []
                )
            )
        }
    }

    private func check(_ row: UncheckedRow, seal: RowSeal) -> SealedRow? {
        guard constantTimeEqual(row.seal, seal.seal(table: name, id: row.id, values: row.values)) else { return nil }
        return SealedRow(table: self, id: row.id, values: row.values)
    }
}

/// A row whose seal was checked.
struct SealedRow {
    let table: SealedTable
    let id: Int64
    var values: [DatabaseValue]

    /// The value of a column as `Value`; a value of another type counts as damage.
    func value<Value: DatabaseValueConvertible>(_ column: String, as type: Value.Type = Value.self) throws -> Value {
        guard let index = table.columns.firstIndex(of: column), let value = Value.fromDatabaseValue(values[index])
        else {
            throw StoreError.corruptRow(table: table.name, id: id)
        }
        return value
    }

    func optional<Value: DatabaseValueConvertible>(_ column: String, as type: Value.Type = Value.self) throws -> Value?
    {
        guard let index = table.columns.firstIndex(of: column), !values[index].isNull else { return nil }
        return try value(column, as: type)
    }

    func bytes(_ column: String, count: Int? = nil) throws -> [UInt8] {
        let bytes = [UInt8](try value(column, as: Data.self))
        guard count == nil || bytes.count == count else { throw damaged }
        return bytes
    }

    /// An integer column as an unsigned or narrower type; out of range counts as damage.
    func integer<Integer: FixedWidthInteger>(_ column: String, as type: Integer.Type = Integer.self) throws -> Integer {
        guard let integer = Integer(exactly: try value(column, as: Int64.self)) else { throw damaged }
        return integer
    }

    var damaged: StoreError { .corruptRow(table: table.name, id: id) }
}

/// A keyed checksum over a row: a flipped bit, a swapped or an edited row is noticed when the row is read. It does not
/// detect that a row is missing, or that a whole file was put back to an earlier state.
struct RowSeal: Sendable {
    static let byteCount = 16
    private let key: SecretBytes

    init(key: SecretBytes) {
        self.key = key
    }

    /// BLAKE2b-128 of table, row id and columns, each with its type and length.
    func seal(table: String, id: Int64, values: [DatabaseValue]) -> [UInt8] {
        var message: [UInt8] = []
        append(Array(table.utf8), tag: 0, to: &message)
        append(bytes(of: id), tag: 1, to: &message)
        for value in values {
            switch value.storage {
            case .null: append([], tag: 2, to: &message)
            case .int64(let integer): append(bytes(of: integer), tag: 3, to: &message)
            case .double(let number): append(bytes(of: Int64(bitPattern: number.bitPattern)), tag: 4, to: &message)
            case .string(let text): append(Array(text.utf8), tag: 5, to: &message)
            case .blob(let data): append([UInt8](data), tag: 6, to: &message)
            }
        }
        return Hash.blake2b(message, count: Self.byteCount, key: key)
    }

    private func bytes(of integer: Int64) -> [UInt8] {
        withUnsafeBytes(of: integer.littleEndian) { Array($0) }
    }

    private func append(_ field: [UInt8], tag: UInt8, to message: inout [UInt8]) {
        message.append(tag)
        withUnsafeBytes(of: UInt64(field.count).littleEndian) { message.append(contentsOf: $0) }
        message.append(contentsOf: field)
    }
}

extension Row {
    /// The value of a column that no seal vouches for; nil for NULL and for a value of another type. GRDB's own subscript
    /// ends the program there.
    func unsealed<Value: DatabaseValueConvertible>(_ column: String, as type: Value.Type = Value.self) -> Value? {
        Value.fromDatabaseValue(self[column] as DatabaseValue)
    }
}
