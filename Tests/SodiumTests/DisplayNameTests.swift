import Foundation
import Testing

@testable import Encoding
@testable import Sodium

@Suite("display names")
struct DisplayNameTests {
    /// The cases of `Fixtures/display-names.txt`, by which the PAM module's rule is tested as well.
    struct Case: Sendable {
        let verdict: String
        let bytes: [UInt8]
        let note: String
    }

    static func cases() throws -> [Case] {
        let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let text = try String(contentsOf: root.appending(path: "Fixtures/display-names.txt"), encoding: .utf8)
        return try text.split(separator: "\n").filter { !$0.hasPrefix("#") }.map { line in
            let fields = line.split(separator: " ", maxSplits: 2).map(String.init)
            try #require(fields.count == 3)
            return Case(verdict: fields[0], bytes: try #require(Hexadecimal.decode(fields[1])), note: fields[2])
        }
    }

    @Test("every case of the table that the PAM module shares")
    func table() throws {
        let cases = try Self.cases()
        #expect(cases.count > 80)
        for entry in cases {
            let name = String(validating: entry.bytes, as: UTF8.self)
            let isValid = name.map { DisplayName.isValid($0, maximumByteCount: 255) } ?? false
            #expect(isValid == (entry.verdict == "shown"), "\(entry.note)")
            #expect(["shown", "refused", "unassigned"].contains(entry.verdict))
            guard let name else { continue }
            #expect(DisplayName.isHarmless(DisplayName.shown(name)))
            #expect((DisplayName.shown(name) == name) == isValid, "\(entry.note)")
        }
    }

    @Test("lengths are of bytes; the empty text is no name")
    func lengths() {
        #expect(DisplayName.isValid("éé", maximumByteCount: 4) && !DisplayName.isValid("éé", maximumByteCount: 3))
        #expect(!DisplayName.isValid("", maximumByteCount: 4) && DisplayName.isHarmless(""))
    }

    @Test("what is kept is kept, what is not becomes a question mark")
    func shown() {
        #expect(DisplayName.shown("a\nb\u{1b}[2J\u{202e}") == "a?b?[2J?")
        #expect(DisplayName.shown("a\nb\u{1b}", keeping: { $0 == "\n" }) == "a\nb?")
        #expect(DisplayName.shown("a\r\nb") == "a??b")
    }
}
