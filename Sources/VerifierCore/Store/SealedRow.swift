import Foundation
import GRDB

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
