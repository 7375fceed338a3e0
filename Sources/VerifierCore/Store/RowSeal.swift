import Foundation
import GRDB
import Sodium

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
