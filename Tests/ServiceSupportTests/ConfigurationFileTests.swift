import Foundation
import Testing

@testable import Encoding
@testable import ServiceSupport

@Suite("configuration")
struct ConfigurationFileTests {
    private struct Options: ConfigurationSchema, Equatable {
        var name: String?
        var port: Int?
        var rate: Double?
        var flag: Bool?
        var small: UInt8?
        var pins: [String: String]?
        var list: [Inner]?
        var inner: Inner?
    }

    private struct Inner: Decodable, Equatable {
        var a: Int
        var b: String?
    }

    private func decode(_ text: String) throws(ConfigurationFault) -> Options {
        try ConfigurationFile.decode(Options.self, from: Array(text.utf8))
    }

    @Test("values of every kind")
    func values() throws {
        let options = try decode(
            """
            {"name": "n", "port": 9, "rate": 1, "flag": false, "small": 255, "pins": {"x.y": "k"},
             "list": [{"a": 1}, {"a": 2.0, "b": null}], "inner": {"a": 1e2, "b": "c"}}
            """
        )
        let expected = Options(
            name: "n",
            port: 9,
            rate: 1,
            flag: false,
            small: 255,
            pins: ["x.y": "k"],
            list: [Inner(a: 1), Inner(a: 2)],
            inner: Inner(a: 100, b: "c")
        )
        #expect(options == expected)
        #expect(try decode("{\"name\": null}") == Options())
    }

    @Test(
        "faults name key and line",
        arguments: [
            ("{\"port\": 1,\n\"port\": 2}", "line 2: the key \"port\" is there twice"),
            ("{\"port\": 1,\n\"\\u0070ort\": 2}", "line 2: the key \"port\" is there twice"),
            ("{\"pins\": {\"h\": \"a\",\n \"h\": \"b\"}}", "line 2: the key \"pins.h\" is there twice"),
            ("{\"inner\": {\"a\": 1, \"a\": 1}}", "line 1: the key \"inner.a\" is there twice"),
            ("{\"port\": 1,\n}", "line 2: '}' may not stand there behind a comma"),
            ("// mine\n{}", "line 1: '/' may not stand there: JSON has no comments"),
            ("[]", "not a JSON object"), ("", "line 1: it ends too early"),
            ("{\"prot\": 1}", "unknown option \"prot\""),
            ("{\"inner\": {\"a\": 1, \"c\": 1}}", "unknown option \"inner.c\""),
            ("{\"list\": [{\"a\": 1}, {\"a\": 1, \"c\": 1}]}", "unknown option \"list.1.c\""),
            ("{\"inner\": {}}", "the option \"inner.a\" is missing"),
            ("{\"port\": 9.5}", "\"port\": of the wrong type: a whole number is wanted, not 9.5"),
            ("{\"port\": \"9\"}", "\"port\": of the wrong type: a whole number is wanted"),
            ("{\"port\": true}", "\"port\": of the wrong type: a whole number is wanted"),
            ("{\"flag\": 1}", "\"flag\": of the wrong type: true or false is wanted"),
            ("{\"flag\": \"false\"}", "\"flag\": of the wrong type: true or false is wanted"),
            ("{\"small\": 256}", "\"small\": out of range"), ("{\"port\": 1e300}", "\"port\": out of range"),
            ("{\"list\": {}}", "\"list\": of the wrong type: a list is wanted"),
            ("{\"list\": [1]}", "\"list.0\": of the wrong type: an object is wanted"),
            ("{\"inner\": {\"a\": null}}", "\"inner.a\": null"),
        ] as [(String, String)]
    )
    func fault(_ text: String, _ words: String) {
        do throws(ConfigurationFault) {
            _ = try decode(text)
            Issue.record("accepted")
        } catch {
            #expect("\(error)" == words)
        }
    }

    @Test("the uid that means no user is none")
    func noUser() {
        #expect(UserName.uid("4294967295") == nil && UserName.uid("4294967294") == .max - 1)
        #expect(UserName.uid("65535") == 65535)
    }

    @Test("a program without /proc is told by its count of arguments")
    func arguments() {
        // This very process has /proc: the two agree.
        #expect(ProgramStart.argumentCount == CommandLine.arguments.count)
    }

    @Test("an unreadable file says for whom")
    func words() {
        let text = "\(FileError.notReadable(path: "/etc/x.json", uid: 0, isSecret: false))"
        #expect(text == "/etc/x.json: user root, as whom this program runs, may not read it: use chmod go+r")
        #expect(
            "\(FileError.system(path: "/x", call: "open", code: ENOSPC))" == "/x: cannot open: No space left on device"
        )
    }
}
