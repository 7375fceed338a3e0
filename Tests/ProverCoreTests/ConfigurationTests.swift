import Foundation
import ServiceSupport
import Sodium
import Testing
import Varlink

@testable import ProverCore

extension VarlinkError {
    /// Whether the interface declares this error with these parameters.
    func fits(_ interface: VarlinkInterface) -> Bool {
        guard name.hasPrefix(interface.name + "."),
            let fields = interface.errors[String(name.dropFirst(interface.name.utf8.count + 1))]
        else { return false }
        return interface.mismatch(of: parameters, with: fields) == nil
    }
}

@Suite("prover configuration")
struct ConfigurationTests {
    private func load(_ text: String) throws -> ProverConfiguration {
        let path = NSTemporaryDirectory() + "semblance-config-" + UUID().uuidString + ".json"
        try Data(text.utf8).write(to: URL(fileURLWithPath: path))
        chmod(path, 0o644)
        defer { unlink(path) }
        return try ProverConfiguration.load(path)
    }

    @Test("every option is read")
    func options() throws {
        let key = Base64.encode([UInt8](repeating: 3, count: 32))
        let configuration = try load(
            """
            {"socket": "/s", "vault": "/v", "keyFile": "/k", "sensorSocket": "/ss", "sensorUser": "cam",
             "presence": "none", "seat": "seat1", "displayManagers": ["mine.service"],
             "selfEnrol": true, "verifiers": {"host": "\(key)"}, "captureTimeoutSeconds": 7}
            """
        )
        #expect(configuration.socket == "/s" && configuration.vault == "/v" && configuration.keyFile == "/k")
        #expect(configuration.sensorSocket == "/ss" && configuration.sensorUser == "cam")
        #expect(configuration.ignoresPresence && configuration.seat == "seat1")
        #expect(configuration.displayManagers == ["mine.service"])
        let settings = try configuration.settings()
        #expect(settings.selfEnrol && settings.captureTimeout == .seconds(7))
        #expect(settings.verifiers == ["host": VerifierPin(key: [UInt8](repeating: 3, count: 32))])
    }

    @Test("several sensors, each with what is its own; one in the old form; flags")
    func sensors() throws {
        let several = try load(
            """
            {"seat": "seat1", "sensors": [{"name": "reader", "socket": "/r"},
                {"name": "camera", "socket": "/c", "user": "cam", "seat": "seat2"}]}
            """
        )
        #expect(
            try several.sensorEntries() == [
                SensorEntry(name: "reader", socket: "/r"),
                SensorEntry(name: "camera", socket: "/c", user: "cam", seat: "seat2"),
            ]
        )
        #expect(several.seat == "seat1")
        #expect(try load(#"{"sensorSocket": "/s"}"#).sensorEntries() == [SensorEntry(name: "sensor", socket: "/s")])
        #expect(
            try load("{}").sensorEntries() == [SensorEntry(name: "sensor", socket: "/run/semblance-sensor/sensor")]
        )
        #expect(try SensorEntry(flag: "reader=/run/a=b") == SensorEntry(name: "reader", socket: "/run/a=b"))
        #expect(try SensorEntry(flag: "/run/reader") == SensorEntry(name: "reader", socket: "/run/reader"))
        #expect(try SensorEntry(flag: "/run/x=y") == SensorEntry(name: "x=y", socket: "/run/x=y"))
    }

    @Test("a verifier's key in hexadecimal, and its origins")
    func verifiers() throws {
        let key = String(repeating: "ab", count: 32)
        let settings = try load(
            """
            {"verifiers": {"a": "\(key)", "b": {"key": "\(key)"},
                           "c": {"key": "\(key)", "origins": ["https://c.example", "HTTPS://C.example:8443/"]}}}
            """
        ).settings()
        let bytes = [UInt8](repeating: 0xab, count: 32)
        let origins = Set(["https://c.example", "https://c.example:8443"].compactMap { Origin($0) })
        #expect(origins.count == 2)
        #expect(settings.verifiers["a"] == VerifierPin(key: bytes))
        #expect(settings.verifiers["b"] == VerifierPin(key: bytes))
        #expect(settings.verifiers["c"] == VerifierPin(key: bytes, origins: origins))
    }

    @Test("defaults are the safe ones")
    func defaults() throws {
        let settings = try load("{}").settings()
        #expect(try !load("{}").ignoresPresence)
        #expect(!settings.selfEnrol && settings.verifiers.isEmpty && settings.captureTimeout == .seconds(20))
    }

    @Test(
        "refused",
        arguments: [
            #"{"selfEnroll": true}"#, #"{"selfEnrol": 1}"#, #"{"selfEnrol": "false"}"#,
            #"{"presence": "maybe"}"#, #"{"presence": true}"#, #"{"seat": "../x"}"#, #"{"seat": ""}"#,
            #"{"sensors": []}"#, #"{"sensors": {}}"#, #"{"sensors": [{"name": "a"}]}"#,
            #"{"sensors": [{"socket": "/a"}]}"#,
            #"{"sensors": [{"name": "a", "socket": "a"}]}"#, #"{"sensors": [{"name": "", "socket": "/a"}]}"#,
            #"{"sensors": [{"name": "a\nb", "socket": "/a"}]}"#, #"{"sensors": [{"name": "x=y", "socket": "/a"}]}"#,
            #"{"sensors": [{"name": "a", "socket": "/a", "seat": "chair"}]}"#,
            #"{"sensors": [{"name": "a", "socket": "/a", "place": "b"}]}"#,
            #"{"sensors": [{"name": "a", "socket": "/a"}, {"name": "a", "socket": "/b"}]}"#,
            #"{"sensors": [{"name": "a", "socket": "/a"}, {"name": "b", "socket": "/a"}]}"#,
            #"{"sensors": [{"name": "a", "socket": "/a"}], "sensorSocket": "/b"}"#,
            #"{"captureTimeoutSeconds": 0}"#, #"{"captureTimeoutSeconds": 121}"#, #"{"captureTimeoutSeconds": 1.5}"#,
            #"{"verifiers": {"host": {"origins": []}}}"#, #"{"verifiers": {"host": 1}}"#,
            #"{"verifiers": {"host": "abab"}}"#,
            "{\"verifiers\": {\"host\": {\"key\": \"\(String(repeating: "ab", count: 32))\", \"origin\": []}}}",
            "{\"verifiers\": {\"h\": {\"key\": \"\(String(repeating: "ab", count: 32))\", \"origins\": [\"h\"]}}}",
            #"{"verifiers": {"host": "AAAA"}}"#, #"{"verifiers": {"host": "not base64"}}"#, #"{"verifiers": []}"#, "[]",
            "",
        ]
    )
    func refused(_ text: String) {
        #expect(throws: FileError.self) { try load(text) }
    }

    @Test("names of digits only are not accounts")
    func accounts() {
        #expect(Accounts.system.uid("root") == 0)
        #expect(Accounts.system.uid("0") == nil)
        #expect(Accounts.system.uid("") == nil)
        #expect(Accounts.system.uid("no-such-user-here") == nil)
        #expect(Accounts.system.uid("root\0") == nil)
        #expect(UserName.uid("0") == 0 && UserName.uid("12345") == 12345 && UserName.uid("root") == 0)
        #expect(UserName.uid("4294967295") == nil && UserName.uid("99999999999") == nil && UserName.uid("-1") == nil)
    }
}
