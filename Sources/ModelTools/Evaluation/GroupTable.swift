import IntegerNetwork
import Models

/// Who is of which group: for each way to divide people, the group of each person who has one.
struct GroupTable: Sendable {
    struct Column: Sendable {
        var name: String
        /// By the person's name.
        var groups: [String: String] = [:]
    }

    private static let maximumBytes = 16 << 20
    private static let longestName = 255
    private static let mostColumns = 16

    private(set) var columns: [Column] = []

    /// A file of comma-separated values (RFC 4180): a person's name, as the folder has it, and a group for each way to divide. A first line
    /// that begins with the word "person" names them.
    init(contentsOf path: String) throws(ImportError) {
        let bytes: [UInt8]
        do {
            bytes = try FileAccess.read(path, maximumBytes: Self.maximumBytes)
        } catch {
            throw ImportError(reading: path, error)
        }
        try self.init(csv: bytes)
    }

    init(csv bytes: [UInt8]) throws(ImportError) {
        let records = try CommaSeparatedValues.records(of: bytes)
        guard let first = records.first else { throw .groupsMalformed(line: 1, reason: "the file is empty") }
        let hasNames = first.fields[0].lowercased() == "person"
        guard 2...(Self.mostColumns + 1) ~= first.fields.count else {
            throw .groupsMalformed(line: first.line, reason: "a person and 1 to \(Self.mostColumns) groups are wanted")
        }
        columns = (1..<first.fields.count).map { place in
            Column(name: hasNames ? first.fields[place] : first.fields.count > 2 ? "group \(place)" : "group")
        }
        var people: [String: Int] = [:]
        for record in records.dropFirst(hasNames ? 1 : 0) {
            guard record.fields.count == first.fields.count else {
                let reason = "\(record.fields.count) fields, where line \(first.line) has \(first.fields.count)"
                throw .groupsMalformed(line: record.line, reason: reason)
            }
            guard record.fields.allSatisfy({ $0.utf8.count <= Self.longestName }) else {
                throw .groupsMalformed(line: record.line, reason: "a name is longer than \(Self.longestName) bytes")
            }
            if let earlier = people.updateValue(record.line, forKey: record.fields[0]) {
                throw .groupsMalformed(line: record.line, reason: "line \(earlier) has the same person")
            }
            for place in columns.indices where !record.fields[place + 1].isEmpty {
                columns[place].groups[record.fields[0]] = record.fields[place + 1]
            }
        }
    }

    /// The group is what a person's name has before the first `separator`; who has none is of no group.
    init(names: [String], separator: Character) {
        var column = Column(name: "folder name")
        for name in names {
            guard let end = name.firstIndex(of: separator), end > name.startIndex else { continue }
            column.groups[name] = String(name[..<end])
        }
        columns = [column]
    }

    /// Names of the table that no folder has.
    func strangers(to names: [String]) -> [String] {
        let known = Set(names)
        return Set(columns.flatMap(\.groups.keys)).subtracting(known).sorted()
    }
}

/// Comma-separated values as RFC 4180 has them.
enum CommaSeparatedValues {
    struct Record: Equatable {
        /// From 1, where it begins.
        var line: Int
        /// At least one; spaces around fields that are not quoted are not part of them.
        var fields: [String]
    }

    /// Empty lines are passed over; lines end with LF or CR LF.
    ///
    /// - Throws: `groupsMalformed` of what is not UTF-8, of a quote in or behind a field, and of one that does not end.
    static func records(of bytes: [UInt8]) throws(ImportError) -> [Record] {
        guard
            let text = String(
                validating: bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? bytes.dropFirst(3) : bytes[...],
                as: UTF8.self
            )
        else { throw .groupsMalformed(line: 1, reason: "the file is not UTF-8") }
        var records: [Record] = []
        var reader = Reader(text.unicodeScalars)
        while !reader.isAtEnd {
            let record = try reader.record()
            if record.fields != [""] { records.append(record) }
        }
        return records
    }

    private struct Reader {
        private var rest: Substring.UnicodeScalarView
        private var line = 1

        init(_ text: String.UnicodeScalarView) { rest = text[...] }

        var isAtEnd: Bool { rest.isEmpty }

        mutating func record() throws(ImportError) -> Record {
            var record = Record(line: line, fields: [])
            repeat { record.fields.append(try field()) } while take(",")
            guard take("\r\n") || take("\n") || isAtEnd else {
                throw .groupsMalformed(line: line, reason: "something stands behind a closing quote")
            }
            line += 1
            return record
        }

        private mutating func field() throws(ImportError) -> String {
            while take(" ") || take("\t") {}
            guard take("\"") else { return try plainField() }
            let opened = line
            var field = String.UnicodeScalarView()
            while true {
                guard let scalar = rest.popFirst() else {
                    throw .groupsMalformed(line: opened, reason: "a quote is not closed")
                }
                if scalar == "\n" { line += 1 }
                if scalar != "\"" { field.append(scalar) } else if take("\"") { field.append("\"") } else { break }
            }
            while take(" ") || take("\t") {}
            return String(field)
        }

        private mutating func plainField() throws(ImportError) -> String {
            let end = rest.firstIndex { $0 == "," || $0 == "\n" } ?? rest.endIndex
            var field = rest[..<end]
            rest = rest[end...]
            if field.last == "\r", rest.first != "," {
                field.removeLast()
            }
            while field.last == " " || field.last == "\t" { field.removeLast() }
            guard !field.contains("\"") else {
                throw .groupsMalformed(line: line, reason: "a quote stands within a field")
            }
            return String(field)
        }

        private mutating func take(_ text: String) -> Bool {
            guard rest.starts(with: text.unicodeScalars) else { return false }
            rest = rest.dropFirst(text.unicodeScalars.count)
            return true
        }
    }
}
