import Testing

@testable import Encoding
@testable import Varlink

@Suite("interface descriptions")
struct InterfaceTests {
    @Test("the built-in interface parses")
    func builtIn() {
        #expect(VarlinkInterface.service.name == "org.varlink.service")
        #expect(VarlinkInterface.service.methods.count == 2)
    }

    @Test("every kind of type")
    func types() throws {
        let interface = try VarlinkInterface(
            description: """
                # comment
                interface com.example-2.all
                type T (a: bool, b: int, c: float, d: string, e: object, f: []int, g: [string]T, h: ?[]?string,
                        i: (x: int), j: (one, two), k: ?E) # trailing comment
                type E (red, green)
                method M(t: T) -> ()
                error Oops(e: E)
                """
        )
        #expect(
            interface.types["T"]
                == .structure([
                    .init(name: "a", type: .bool), .init(name: "b", type: .int), .init(name: "c", type: .float),
                    .init(name: "d", type: .string), .init(name: "e", type: .object),
                    .init(name: "f", type: .array(.int)), .init(name: "g", type: .map(.named("T"))),
                    .init(name: "h", type: .optional(.array(.optional(.string)))),
                    .init(name: "i", type: .structure([.init(name: "x", type: .int)])),
                    .init(name: "j", type: .enumeration(["one", "two"])),
                    .init(name: "k", type: .optional(.named("E"))),
                ])
        )
        #expect(interface.types["E"] == .enumeration(["red", "green"]))
        #expect(interface.errors["Oops"] == [.init(name: "e", type: .named("E"))])
    }

    @Test(
        "what does not parse, with its line",
        arguments: [
            ("", 1, "expected interface"),
            ("interface foo", 1, "the interface name is not a reverse-domain name"),
            ("interface a..b", 1, "the interface name is not a reverse-domain name"),
            ("interface a.b\nmethod m() -> ()", 2, "a declared name must begin with a capital"),
            ("interface a.b\nmethod M()", 2, "a method needs -> and its results"),
            ("interface a.b\nmethod M() -> ()\nerror M()", 3, "M is declared twice"),
            ("interface a.b\nthing M()", 2, "expected type, method or error"),
            ("interface a.b\ntype T (a: N)", 2, "the type N is not declared"),
            ("interface a.b\ntype T (a: int, a: int)", 2, "the field a occurs twice"),
            ("interface a.b\ntype T (a: int, b)", 2, "some fields have no type"),
            ("interface a.b\nmethod M(a, b) -> ()", 2, "expected a structure, not an enumeration"),
            ("interface a.b\ntype T (a: ??int)", 2, "optional twice"),
            ("interface a.b\ntype T (a: [int]int)", 2, "expected [] or [string]"),
            ("interface a.b\ntype T (a: integer)", 2, "expected a type"),
            ("interface a.b\ntype T (a: int", 2, "expected , or )"),
            ("interface a.b\ntype T (1: int)", 2, "expected a field name"),
        ]
    )
    func refusal(_ description: String, _ line: Int, _ reason: String) {
        #expect(throws: VarlinkInterface.ParseError(line: line, reason: reason)) {
            try VarlinkInterface(description: description)
        }
    }

    @Test("nesting is limited")
    func nesting() {
        let description = "interface a.b\ntype T (a: " + String(repeating: "[]", count: 100_000) + "int)"
        #expect(throws: VarlinkInterface.ParseError(line: 2, reason: "nested too deeply")) {
            try VarlinkInterface(description: description)
        }
    }

    @Test("values are checked against types")
    func mismatch() throws {
        let interface = try VarlinkInterface(
            description: """
                interface a.b
                type P (x: int, y: ?float)
                type E (red, green)
                method M(p: P, list: []P, map: [string]E, any: ?object, flag: bool) -> ()
                """
        )
        let fields = try #require(interface.methods["M"]?.input)
        let good: [String: JSON] = ["p": ["x": 1], "list": [["x": 1, "y": 2]], "map": ["k": "red"], "flag": true]
        #expect(interface.mismatch(of: good, with: fields) == nil)
        func path(_ name: String, _ value: JSON?) -> String? {
            var values = good
            values[name] = value
            return interface.mismatch(of: values, with: fields)
        }
        #expect(path("any", ["free": [1, "x"]]) == nil)
        #expect(path("any", .null) == nil)
        #expect(path("any", 1) == "any")
        #expect(path("flag", nil) == "flag")
        #expect(path("flag", 1) == "flag")
        #expect(path("unknown", 1) == "unknown")
        #expect(path("p", ["x": 1.5]) == "p.x")
        #expect(path("p", ["x": 1, "z": 1]) == "p.z")
        #expect(path("p", [:]) == "p.x")
        #expect(path("list", [["x": 1], ["x": "1"]]) == "list.1.x")
        #expect(path("list", [:]) == "list")
        #expect(path("map", ["k": "blue"]) == "map.k")
        #expect(path("map", ["k": 1]) == "map.k")
    }
}
