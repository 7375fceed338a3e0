import Encoding
import Glibc
import Logging
import Sodium
import Statement
import Testing
import Varlink

@testable import VerifierCore

/// `org.semblance.Verifier` over a real socket.
@Suite(.serialized) struct InterfaceTests {
    private struct Running {
        let bench: TestBench
        let server: VarlinkServer
        let task: Task<Void, any Error>
        let path: String

        func connect() async throws -> VarlinkClient {
            try await VarlinkClient.connect(to: path, trusted: [geteuid()])
        }

        func stop() async {
            server.stop()
            _ = try? await task.value
        }
    }

    private func start(_ bench: TestBench) async throws -> Running {
        let path = bench.directory.file("verifier.socket")
        let (listening, continuation) = AsyncStream.makeStream(of: Void.self)
        let server = VarlinkServer(
            identity: .init(vendor: "Semblance", product: "semblance-verifier", version: Verifier.version, url: ""),
            services: [VerifierInterface(verifier: bench.verifier).service],
            listener: try VarlinkListener(path: path, mode: 0o666),
            logger: Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() }),
            onListening: { continuation.yield() }
        )
        let task = Task { try await server.run() }
        for await _ in listening { break }
        return Running(bench: bench, server: server, task: task, path: path)
    }

    private func error(_ name: String, _ parameters: [String: JSON] = [:]) -> VarlinkClientError {
        .reply(VarlinkError("org.semblance.Verifier." + name, parameters))
    }

    @Test func enrolLogInRotateListRevoke() async throws {
        try #require(geteuid() == 0, "runs as root only: the peer's uid is the authority")
        let running = try await start(try TestBench())
        let bench = running.bench
        let client = try await running.connect()
        let prefix = "org.semblance.Verifier."

        let identity = try await client.call(prefix + "GetIdentity")
        #expect(try identity.string("audience") == "verifier.test")
        #expect(try identity.bytes("verifierKey") == bench.keys.signing.publicKey.bytes)

        let target: [String: JSON] = ["subject": "alice", "modality": "face", "label": "default"]
        await #expect(throws: error("NotEnrolled")) {
            try await client.call(prefix + "Challenge", ["subject": "alice", "purpose": "sudo"])
        }
        let enrolment = try await client.call(
            prefix + "EnrolChallenge",
            target.merging(["samples": 2, "assurance": "match"]) { $1 }
        )
        let enrolProof = try bench.proof(
            try enrolment.bytes("challenge"),
            newTemplate: TestBench.randomCommitment()
        )
        let registered = try await client.call(prefix + "Register", ["proof": .string(Base64.encode(enrolProof))])
        #expect(try SignedReceipt(decoding: try registered.bytes("receipt")).receipt.epoch == 0)
        await #expect(throws: error("AlreadyEnrolled")) {
            try await client.call(
                prefix + "EnrolChallenge",
                target.merging(["samples": 2, "assurance": "match"]) { $1 }
            )
        }

        let challenge = try await client.call(prefix + "Challenge", ["subject": "alice", "purpose": "sudo"])
        #expect(try challenge.string("modality") == "face" && challenge.string("label") == "default")
        let proof = JSON.string(Base64.encode(try bench.proof(try challenge.bytes("challenge"))))
        // Another connection of the same user is another client.
        let other = try await running.connect()
        await #expect(throws: error("Refused")) { try await other.call(prefix + "Verify", ["proof": proof]) }
        let verdict = try await client.call(prefix + "Verify", ["proof": proof])
        #expect(try verdict.string("verdict") == "biometric")
        await #expect(throws: error("Refused")) { try await client.call(prefix + "Verify", ["proof": proof]) }

        let rotation = try await client.call(
            prefix + "RotateChallenge",
            target.merging(["kind": "reblind", "samples": 1]) { $1 }
        )
        #expect(try rotation.string("modality") == "face" && rotation.string("label") == "default")
        let rotateProof = try bench.proof(try rotation.bytes("challenge"), newTemplate: TestBench.randomCommitment())
        _ = try await client.call(prefix + "Rotate", ["proof": .string(Base64.encode(rotateProof))])
        let list = try await client.call(prefix + "List").objects("enrolments")
        #expect(list.count == 1)
        #expect(try list.first?.integer("epoch") == 1)
        #expect(try list.first?.string("state") == "active")
        _ = try await client.call(prefix + "Revoke", target)
        await #expect(throws: error("NotEnrolled")) { try await client.call(prefix + "Revoke", target) }
        await #expect(throws: error("BadRequest")) {
            try await client.call(prefix + "Revoke", ["subject": "alice", "modality": "iris", "label": "x"])
        }
        await client.close()
        await other.close()
        await running.stop()
    }

    @Test func lockOutsCarryTheSeconds() async throws {
        try #require(geteuid() == 0, "runs as root only: the peer's uid is the authority")
        let running = try await start(try TestBench())
        try await running.bench.enrol("alice")
        let client = try await running.connect()
        let parameters: [String: JSON] = ["subject": "alice", "purpose": "sudo"]
        for _ in 0..<5 { try await running.bench.fail("alice") }
        await #expect(throws: error("LockedOut", ["retryAfterSeconds": 30])) {
            try await client.call("org.semblance.Verifier.Challenge", parameters)
        }
        let listed = try await client.call("org.semblance.Verifier.List").objects("enrolments").first
        #expect(try listed?.integer("retryAfterSeconds") == 30 && listed?.integer("failures") == 5)
        _ = try await client.call("org.semblance.Verifier.Unlock", ["subject": "alice"])
        _ = try await client.call("org.semblance.Verifier.Challenge", parameters)
        await client.close()
        await running.stop()
    }

    @Test func aListComesInPages() async throws {
        try #require(geteuid() == 0, "runs as root only: the peer's uid is the authority")
        let running = try await start(try TestBench())
        for index in 0..<5 { try await running.bench.enrol("user \(index)") }
        let client = try await running.connect()
        var (subjects, after): ([String], String?) = ([], nil)
        var pages = 0
        repeat {
            var parameters: [String: JSON] = ["limit": 2]
            parameters["after"] = after.map { .string($0) }
            let page = try await client.call("org.semblance.Verifier.List", parameters)
            subjects += try page.objects("enrolments").map { try $0.string("subject") }
            after = try page.optionalString("next")
            pages += 1
        } while after != nil
        #expect(subjects == (0..<5).map { "user \($0)" })
        #expect(pages == 3)
        for parameters: [String: JSON] in [["limit": 0], ["limit": 1001], ["after": "x"], ["after": "-1"]] {
            await #expect(throws: error("BadRequest")) {
                try await client.call("org.semblance.Verifier.List", parameters)
            }
        }
        await client.close()
        await running.stop()
    }
}
