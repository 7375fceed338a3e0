import Foundation
import Testing

@testable import Varlink

/// A service that answers every message with bytes of the test's choice.
private func withAnswer(_ answer: [UInt8], _ body: (VarlinkClient) async throws -> Void) async throws {
    let directory = NSTemporaryDirectory() + "semblance-client-" + UUID().uuidString.prefix(8)
    try FileManager.default.createDirectory(
        atPath: directory,
        withIntermediateDirectories: false,
        attributes: [.posixPermissions: 0o700]
    )
    defer { try? FileManager.default.removeItem(atPath: directory) }
    let path = directory + "/socket"
    let descriptor = try VarlinkListener(path: path, mode: 0o600).descriptor
    defer { close(descriptor) }
    Thread.detachNewThread {
        let connection = accept(descriptor, nil, nil)
        var buffer = [UInt8](repeating: 0, count: 4096)
        _ = recv(connection, &buffer, buffer.count, 0)
        _ = send(connection, answer, answer.count, Int32(MSG_NOSIGNAL))
        close(connection)
    }
    let client = try await VarlinkClient.connect(to: path, trusted: [getuid()])
    try await body(client)
    await client.close()
}

@Suite("client")
struct ClientTests {
    @Test(
        "what is not a reply is refused",
        arguments: [
            "x", "[]", "{\"parameters\":[]}", "{\"error\":1}", "{\"continues\":true}", "{\"continues\":1}",
            "{\"error\":\"a.B\",\"continues\":true}", "{\"parameters\":{},\"parameters\":{}}",
        ]
    )
    func malformed(_ text: String) async throws {
        try await withAnswer(Array(text.utf8) + [0]) { client in
            await #expect(throws: VarlinkClientError.malformedReply) { try await client.call("a.B") }
        }
    }

    @Test("a reply that is cut off is no reply")
    func cutOff() async throws {
        try await withAnswer(Array("{\"parameters\":{}}".utf8)) { client in
            await #expect(throws: VarlinkClientError.closed) { try await client.call("a.B") }
        }
    }

    @Test("a second reply to one call ends the connection")
    func twoReplies() async throws {
        try await withAnswer(Array("{\"parameters\":{\"a\":1}}\0{\"parameters\":{\"a\":2}}\0".utf8)) { client in
            let first = try await client.call("a.B")
            #expect(first.values == ["a": 1])
            await #expect(throws: VarlinkClientError.closed) { try await client.call("a.B") }
        }
    }
}
