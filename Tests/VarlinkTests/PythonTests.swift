import Foundation
import Interfaces
import Testing

@testable import Varlink

/// The PyPI package `varlink` as an independent client.
private enum Python {
    static let executable = ProcessInfo.processInfo.environment["SEMBLANCE_PYTHON"] ?? "python3"

    static let hasVarlink = run("import varlink", []).status == 0

    static func run(_ script: String, _ arguments: [String]) -> (status: Int32, output: String) {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = [executable, "-c", script] + arguments
        let output = Pipe()
        process.standardOutput = output
        process.standardError = output
        guard (try? process.run()) != nil else { return (-1, "cannot run \(executable)") }
        let data = output.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return (process.terminationStatus, String(decoding: data, as: UTF8.self))
    }
}

@Suite(
    "PyPI varlink as a client",
    .enabled(
        if: Python.hasVarlink,
        "needs the Python module varlink (pip install varlink; SEMBLANCE_PYTHON names the interpreter)"
    )
)
struct PythonTests {
    @Test("introspection, calls, errors and more")
    func conversation() async throws {
        let script = """
            import sys, varlink
            client = varlink.Client.new_with_address("unix:" + sys.argv[1])
            info = client.get_interfaces() if hasattr(client, "get_interfaces") else None
            with client.open("org.varlink.service") as service:
                info = service.GetInfo()
                assert info["vendor"] == "Semblance" and "org.semblance.test" in info["interfaces"], info
                text = service.GetInterfaceDescription("org.semblance.test")["description"]
                assert text.startswith("# An interface for tests."), text
                try:
                    service.GetInterfaceDescription("org.example.none"); assert False
                except varlink.InterfaceNotFound:
                    pass
            with client.open("org.semblance.test") as test:
                assert test.Echo("h\\u00e9llo", 3) == {"text": "h\\u00e9llo", "count": 3}
                assert test.Pairs([{"key": "a", "value": 4}])["sum"] == 4
                assert [reply["number"] for reply in test.Count(5, _more=True)] == [1, 2, 3, 4, 5]
                test.Echo("silent", _oneway=True)
                try:
                    test.Refuse("because"); assert False
                except varlink.VarlinkError as error:
                    assert error.error() == "org.semblance.test.Refused", error
                    assert error.parameters()["reason"] == "because", error
                import os
                assert test.Who()["uid"] == os.getuid()
            print("done")
            """
        try await TestService.run { service in
            let path = service.path
            let result = await blocking { Python.run(script, [path]) }
            #expect(result.status == 0 && result.output.hasSuffix("done\n"), "\(result.output)")
        }
    }

    @Test("its parser reads the shipped interface files", arguments: ["sensor", "prover", "verifier", "service"])
    func interfaceFiles(_ name: String) async throws {
        let interface = try #require(
            [
                "sensor": VarlinkInterface.sensor, "prover": .prover, "verifier": .verifier, "service": .service,
            ][name]
        )
        let script = """
            import sys
            from varlink.scanner import Interface, _Method
            interface = Interface(sys.argv[1])
            print(interface.name, *sorted(n for n, m in interface.members.items() if isinstance(m, _Method)))
            """
        let result = await blocking { Python.run(script, [interface.description]) }
        let expected = ([interface.name] + interface.methods.keys.sorted()).joined(separator: " ")
        #expect(result.status == 0 && result.output == expected + "\n", "\(result.output)")
    }
}
