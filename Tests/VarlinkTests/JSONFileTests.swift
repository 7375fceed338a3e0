import Testing

@testable import Encoding

@Suite("JSON that people write")
struct JSONFileTests {
    @Test(
        "what is wrong, and in which line",
        arguments: [
            ("{\n  \"a\": 1, // the first\n}", 2, "'/' may not stand there: JSON has no comments"),
            ("{\n  # the first\n \"a\": 1}", 2, "'#' may not stand there: JSON has no comments"),
            ("{\"a\": 1,\n}", 2, "'}' may not stand there behind a comma"),
            ("[1,\n2,\n]", 3, "']' may not stand there behind a comma"),
            ("{\"a\":}", 1, "'}' may not stand there"),
            ("{'a': 1}", 1, "''' may not stand there: strings take double quotes"),
            ("{\"a\": 1,\n \"b\": 2,\n \"a\": 3}", 3, "the key \"a\" is there twice"),
            ("{\"a\": 1,\n\n \"\\u0061\": 3}", 3, "the key \"a\" is there twice"),
            ("{\"p\": {\"m\": [{}, {\"x\": 1,\n \"x\": 2}]}}", 2, "the key \"p.m.1.x\" is there twice"),
            ("{\"a\": \"b\nc\"}", 1, "a control character in a string"),
            ("{\"a\": 1", 1, "it ends too early"), ("{}\n{}", 2, "something follows the end"),
            ("\n\n{\"a\": 01}", 3, "a number that is not written as JSON wants it"),
        ] as [(String, Int, String)]
    )
    func fault(_ text: String, _ line: Int, _ reason: String) {
        do {
            _ = try JSON(file: text.utf8)
            Issue.record("accepted")
        } catch {
            #expect(error.line == line && error.reason == reason, "\(error)")
            // The same as from a socket.
            #expect(throws: error.error) { try JSON(parsing: text.utf8) }
        }
    }

    @Test("what is right is the same value")
    func value() throws {
        #expect(try JSON(file: "{\"a\": [1, {\"b\": null}]}".utf8) == ["a": [1, ["b": nil]]])
    }
}
