import Encoding
import Interfaces
import ServiceSupport
import Sodium
import Varlink

/// The verifier on this machine, over its Unix socket. Challenges are bound to this connection.
public struct LocalVerifier: Sendable {
    public let origin: Origin
    private let client: VarlinkClient
    private let failure: @Sendable (VarlinkClientError) -> any Error

    /// - Parameters:
    ///   - origin: of the socket at `path`.
    ///   - failure: what a fault of the connection, or an error reply, is thrown as.
    public init(
        path: String,
        origin: Origin,
        failure: @escaping @Sendable (VarlinkClientError) -> any Error
    ) async throws {
        self.origin = origin
        self.failure = failure
        do {
            client = try await VarlinkClient.connect(
                to: path,
                trusted: Set([UserName.uid(ofAccount: "semblance-verifier")].compactMap { $0 })
            )
        } catch {
            throw failure(error)
        }
    }

    public func call(_ method: String, _ parameters: [String: JSON]) async throws -> Parameters {
        do {
            return try await client.call(VarlinkInterface.verifier.name + ".\(method)", parameters)
        } catch {
            throw failure(error)
        }
    }

    /// Ends the connection, which otherwise lasts as long as the program, or the service's patience.
    public func close() async { await client.close() }

    /// Says whom this connection is for (``ProxyRule``).
    public func actFor(uid: UInt32, pid: Int32) async throws {
        try await client.actFor(uid: uid, pid: pid, failure: failure)
    }

    public func identity() async throws -> VerifierIdentity {
        let reply = try await call("GetIdentity", [:])
        return VerifierIdentity(
            audience: try reply.string("audience"),
            verifierKey: Hexadecimal.encode(try reply.bytes("verifierKey"))
        )
    }

    public func challenge(
        subject: String,
        purpose: String,
        modality: String?,
        label: String?,
        clientKey: [UInt8]
    ) async throws -> LoginChallenge {
        var parameters: [String: JSON] = ["subject": .string(subject), "purpose": .string(purpose)]
        parameters["modality"] = modality.map { .string($0) }
        parameters["label"] = label.map { .string($0) }
        let reply = try await call("Challenge", parameters)
        return LoginChallenge(
            challenge: try reply.bytes("challenge"),
            alternatives: try reply.optionalObjects("alternatives").map { try $0.bytes("challenge") }
        )
    }

    public func enrolChallenge(
        subject: String,
        modality: String,
        label: String,
        samples: Int,
        assurance: String?,
        clientKey: [UInt8]
    ) async throws -> [UInt8] {
        var parameters: [String: JSON] = [
            "subject": .string(subject), "modality": .string(modality), "label": .string(label),
            "samples": .integer(Int64(samples)),
        ]
        parameters["assurance"] = assurance.map { .string($0) }
        return try await call("EnrolChallenge", parameters).bytes("challenge")
    }

    public func rotateChallenge(
        subject: String,
        modality: String,
        label: String,
        kind: String,
        samples: Int,
        clientKey: [UInt8]
    ) async throws -> [UInt8] {
        try await call(
            "RotateChallenge",
            [
                "subject": .string(subject), "modality": .string(modality), "label": .string(label),
                "kind": .string(kind), "samples": .integer(Int64(samples)),
            ]
        ).bytes("challenge")
    }

    public func register(_ answer: ProverAnswer) async throws -> [UInt8] {
        try await call("Register", ["proof": .string(Base64.encode(answer.proof))]).bytes("receipt")
    }

    public func rotate(_ answer: ProverAnswer) async throws -> [UInt8] {
        try await call("Rotate", ["proof": .string(Base64.encode(answer.proof))]).bytes("receipt")
    }

    public func verify(_ answer: ProverAnswer) async throws -> VerifierAnswer {
        let reply = try await call("Verify", ["proof": .string(Base64.encode(answer.proof))])
        return VerifierAnswer(verdict: try reply.string("verdict"))
    }

    public func revoke(subject: String, modality: String, label: String) async throws {
        _ = try await call(
            "Revoke",
            ["subject": .string(subject), "modality": .string(modality), "label": .string(label)]
        )
    }
}
