import Testing

@testable import ModelTools

/// Files of groups, as spreadsheets and people write them.
@Suite struct GroupTableTests {
    private func records(_ text: String) throws -> [[String]] {
        try CommaSeparatedValues.records(of: Array(text.utf8)).map(\.fields)
    }

    @Test func valuesAreReadAsRFC4180HasThem() throws {
        #expect(try records("a,b\r\nc,d\r\n") == [["a", "b"], ["c", "d"]])
        #expect(try records("\u{FEFF}a,b\n\n\nc,") == [["a", "b"], ["c", ""]])
        #expect(try records("\"Doe, \"\"Jo\"\"\" , x \n") == [["Doe, \"Jo\"", "x"]])
        #expect(try records("\"two\nlines\",y\nz,w") == [["two\nlines", "y"], ["z", "w"]])
        #expect(try records("") == [])
        // Lines count from 1, also behind a field of several lines and an empty line.
        let table = try CommaSeparatedValues.records(of: Array("\"a\n\nb\",1\n\nc,2\n".utf8))
        #expect(table.map(\.line) == [1, 5])
    }

    @Test(arguments: [
        ("a,\"b", 1, "a quote is not closed"), ("a,b\nc,\"d\ne\n", 2, "a quote is not closed"),
        ("a,b\nc,\"d\" e\n", 2, "something stands behind a closing quote"),
        ("a,b\"c\n", 1, "a quote stands within a field"), ("a,b\nc\n", 2, "1 fields, where line 1 has 2"),
        ("a,b\nc,d\na,e\n", 3, "line 1 has the same person"), ("a\n", 1, "a person and 1 to 16 groups are wanted"),
        ("\n\n", 1, "the file is empty"),
        ("a,\(String(repeating: "x", count: 256))\n", 1, "a name is longer than 255 bytes"),
    ])
    func whatIsNoTableIsRefusedByItsLine(text: String, line: Int, reason: String) {
        #expect(throws: ImportError.groupsMalformed(line: line, reason: reason)) {
            try GroupTable(csv: Array(text.utf8))
        }
    }

    @Test func bytesThatAreNoTextAreRefused() {
        #expect(throws: ImportError.groupsMalformed(line: 1, reason: "the file is not UTF-8")) {
            try GroupTable(csv: [0x61, 0x2C, 0xFF, 0x0A])
        }
    }

    @Test func columnsAreWaysToDividePeople() throws {
        let named = try GroupTable(csv: Array("Person,skin,\"sex\"\n1,dark,f\n2,,m\nnobody,light,f\n".utf8))
        #expect(named.columns.map(\.name) == ["skin", "sex"])
        #expect(named.columns[0].groups == ["1": "dark", "nobody": "light"])
        #expect(named.columns[1].groups == ["1": "f", "2": "m", "nobody": "f"])
        #expect(named.strangers(to: ["1", "2", "3"]) == ["nobody"])
        #expect(try GroupTable(csv: Array("1,x\n".utf8)).columns.map(\.name) == ["group"])
        #expect(try GroupTable(csv: Array("1,x,y\n".utf8)).columns.map(\.name) == ["group 1", "group 2"])
        let byName = GroupTable(names: ["f-1", "f-2-x", "m-1", "-9", "none"], separator: "-")
        #expect(byName.columns[0].groups == ["f-1": "f", "f-2-x": "f", "m-1": "m"])
    }
}
