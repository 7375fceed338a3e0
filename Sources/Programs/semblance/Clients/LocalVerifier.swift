import Encoding
import Interfaces
import ServiceSupport
import Sodium
import Statement
import Varlink

/// The verifier on this machine, over its Unix socket. Challenges are bound to this connection.
struct LocalVerifier: VerifierClient {
    let origin: Origin
    private let client: VarlinkClient
    private let path: String

    init(path: String) async throws {
        guard let origin = Origin(socket: path) else {
            throw CommandFailure(
                .badInput,
                "not the absolute path of a socket: \(path)",
                hint: "without '.', '..' and '//'; a remote verifier is https://host"
            )
        }
        self.origin = origin
        self.path = path
        do {
            client = try await VarlinkClient.connect(
                to: path,
                trusted: Set([UserName.uid(ofAccount: "semblance-verifier")].compactMap { $0 })
            )
        } catch {
            throw CommandFailure(error, service: "semblance-verifier", path: path)
        }
    }

    func call(_ method: String, _ parameters: [String: JSON]) async throws -> Parameters {
        do {
            return try await client.call(VarlinkInterface.verifier.name + ".\(method)", parameters)
        } catch {
            throw CommandFailure(error, service: "semblance-verifier", path: path)
        }
    }

    func identity() async throws -> VerifierIdentity {
        let reply = try await call("GetIdentity", [:])
        return VerifierIdentity(
            audience: try reply.string("audience"),
            verifierKey: Hexadecimal.encode(try reply.bytes("verifierKey"))
        )
    }

    func challenge(
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

    func enrolChallenge(
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

    func rotateChallenge(
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

    func register(_ answer: ProverAnswer) async throws -> [UInt8] {
        try await call("Register", ["proof": .string(Base64.encode(answer.proof))]).bytes("receipt")
    }

    func rotate(_ answer: ProverAnswer) async throws -> [UInt8] {
        try await call("Rotate", ["proof": .string(Base64.encode(answer.proof))]).bytes("receipt")
    }

    func verify(_ answer: ProverAnswer) async throws -> VerifierAnswer {
        let reply = try await call("Verify", ["proof": .string(Base64.encode(answer.proof))])
        return VerifierAnswer(verdict: try reply.string("verdict"))
    }

    func revoke(subject: String, modality: String, label: String) async throws {
        _ = try await call(
            "Revoke",
            ["subject": .string(subject), "modality": .string(modality), "label": .string(label)]
        )
    }
}
