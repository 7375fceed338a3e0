import Foundation
import Testing

@testable import Encoding
@testable import ServiceSupport

@Suite("configuration of several files")
struct LayeredConfigurationTests {
    private struct Options: ConfigurationSchema, Equatable {
        struct Limits: Decodable, Equatable {
            var size: Int
            var name: String?
        }

        var tray: String?
        var list: [String]
        var limits: Limits
        var other: Limits?
        var token: String?

        static let defaults: [(key: String, value: JSON)] = [
            ("list", []), ("limits", [:]), ("limits.size", 7), ("other.size", 9),
        ]
        static let hidden: Set<String> = ["token"]
    }

    /// A main file and its drop-ins, in a directory of their own.
    private func withFiles(_ main: String, _ dropIns: [String: String] = [:], _ body: (String) throws -> Void) throws {
        let folder = NSTemporaryDirectory() + "semblance-layers-" + UUID().uuidString
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let path = folder + "/main.json"
        try FileManager.default.createDirectory(atPath: path + ".d", withIntermediateDirectories: true)
        chmod(path + ".d", 0o755)
        for (name, text) in [(path, main)] + dropIns.map({ (path + ".d/" + $0.key, $0.value) }) {
            try Data(text.utf8).write(to: URL(fileURLWithPath: name))
            chmod(name, 0o644)
        }
        try body(path)
    }

    private func load(_ path: String) throws -> Options { try ConfigurationFile.load(Options.self, from: path) }

    @Test("objects merge key by key, lists are replaced, names are in the order of their bytes")
    func merging() throws {
        let dropIns = [
            "20.json": #"{"list": ["b"], "limits": {"name": "late"}}"#,
            "10.json": #"{"list": ["a", "c"], "limits": {"name": "early"}}"#,
            "B.json": #"{"tray": "/upper"}"#, "a.json": #"{"tray": "/lower"}"#, ".hidden.json": "not JSON",
            "30.json~": "not JSON",
        ]
        try withFiles(#"{"list": ["x", "y"], "limits": {"size": 1}}"#, dropIns) { path in
            let options = try load(path)
            #expect(options.list == ["b"])
            #expect(options.limits == .init(size: 1, name: "late"))
            #expect(options.tray == "/lower")
            let layers = try LayeredConfiguration.read(path)
            #expect(
                layers.files.map { ($0 as NSString).lastPathComponent } == [
                    "main.json", "10.json", "20.json", "B.json", "a.json",
                ]
            )
            #expect(layers.source(of: "limits.size") == path)
            #expect(layers.source(of: "limits.name") == path + ".d/20.json")
            #expect(layers.source(of: "list.0") == path + ".d/20.json")
            #expect(layers.source(of: "nothing") == nil)
        }
    }

    @Test("null takes a key out, with what is below it; one that is not there is a mistake")
    func removal() throws {
        try withFiles(#"{"tray": "/t", "limits": {"size": 1}}"#, ["1.json": #"{"tray": null, "limits": null}"#]) {
            path in
            let options = try load(path)
            #expect(options == Options(tray: nil, list: [], limits: .init(size: 7)))
        }
        try withFiles("{}", ["1.json": #"{"limits": {"sise": null}}"#]) { path in
            #expect(
                throws: FileError.malformed(
                    path: path + ".d/1.json",
                    reason: "\"limits.sise\": null takes a key out, but it is not there"
                )
            ) { try load(path) }
        }
    }

    @Test("defaults fill what is missing, but make no object that has none")
    func defaults() throws {
        try withFiles("{}") { path in
            let options = try load(path)
            #expect(options == Options(list: [], limits: .init(size: 7)))
        }
        try withFiles(#"{"other": {}, "limits": {"name": "n"}}"#) { path in
            let options = try load(path)
            #expect(options == Options(list: [], limits: .init(size: 7, name: "n"), other: .init(size: 9)))
        }
    }

    @Test(
        "a fault names the file that it is in",
        arguments: [
            (#"{"limits": {"siez": 1}}"#, "unknown option \"limits.siez\""),
            (#"{"limits": 5}"#, "\"limits\": of the wrong type: an object is wanted"),
            (#"{"limits": {"size": 1e999}}"#, "line 1: a number that is not written as JSON wants it"),
            (#"{"limits": {"size": 99999999999999999999}}"#, "\"limits.size\": out of range"),
            (#"{"limits": {"size": NaN}}"#, "line 1: 'N' may not stand there"),
            (#"{"tray": "a", "tray": "b"}"#, "line 1: the key \"tray\" is there twice"),
            (#"{"limits.size": 3}"#, "unknown option \"limits.size\""),
            ("[]", "not a JSON object"), ("", "line 1: it ends too early"),
            (String(repeating: "{\"a\":", count: 5000), "line 1: too many levels"),
        ]
    )
    func faults(_ text: String, _ reason: String) throws {
        try withFiles("{}", ["1.json": text, "2.json": "{}"]) { path in
            #expect(throws: FileError.malformed(path: path + ".d/1.json", reason: reason)) { try load(path) }
        }
    }

    @Test("a drop-in that others could have written is refused, and so is a link, a fifo, and a directory of others")
    func strangers() throws {
        try withFiles("{}", ["1.json": "{}"]) { path in
            let (directory, file) = (path + ".d", path + ".d/1.json")
            chmod(file, 0o664)
            #expect(throws: FileError.tooOpen(path: file, mode: 0o664)) { try load(path) }
            chmod(file, 0o644)
            chmod(directory, 0o777)
            #expect(throws: FileError.tooOpen(path: directory, mode: 0o777)) { try load(path) }
            chmod(directory, 0o755)
            symlink(path, directory + "/2.json")
            #expect(throws: FileError.wrongKind(path: directory + "/2.json")) { try load(path) }
            unlink(directory + "/2.json")
            mkfifo(directory + "/2.json", 0o644)
            #expect(throws: FileError.wrongKind(path: directory + "/2.json")) { try load(path) }
            unlink(directory + "/2.json")
            rename(directory, directory + "elsewhere")
            symlink(directory + "elsewhere", directory)
            #expect(throws: FileError.wrongKind(path: directory)) { try load(path) }
        }
    }

    @Test("more drop-ins than anybody overlooks")
    func crowd() throws {
        let many = Dictionary(
            uniqueKeysWithValues: (0...LayeredConfiguration.maximumDropInCount).map { ("\($0).json", "{}") }
        )
        try withFiles("{}", many) { path in
            #expect(throws: FileError.malformed(path: path + ".d", reason: "more than 64 drop-ins")) { try load(path) }
        }
    }

    @Test("a report has every value with its file, and hides what is secret")
    func report() throws {
        try withFiles(#"{"tray": "/t", "token": "secret"}"#, ["1.json": #"{"limits": {"size": 3}}"#]) { path in
            let report = ConfigurationReport(of: Options.self, at: path) { _ in }
            #expect(
                report.values == [
                    .init(key: "limits.size", value: 3, source: path + ".d/1.json"),
                    .init(key: "list", value: [], source: nil),
                    .init(key: "token", value: .string(ConfigurationReport.hidden), source: path),
                    .init(key: "tray", value: "/t", source: path),
                ]
            )
            #expect(report.fault == nil)
            let refused = ConfigurationReport(of: Options.self, at: path) { _ in
                throw ConfigurationFault.wrongValue(key: "limits.size", reason: "too small")
            }
            #expect(
                refused.fault
                    == .init(file: path + ".d/1.json", key: "limits.size", message: "\"limits.size\": too small")
            )
            #expect(!String(decoding: report.json.encode(), as: UTF8.self).contains("\"secret\""))
        }
    }
}
