import Foundation
import Sodium
import Varlink

#if canImport(FoundationNetworking)
    import FoundationNetworking
#endif

/// A verifier behind HTTP. A key of this client, made for one command, binds challenge and proof to it.
struct RemoteVerifier: VerifierClient {
    private let address: URL
    private let enrolmentToken: String?
    private let key = SigningKey()

    private static let replyLimit = 1 << 20
    private static let signingContext = Array("semblance client v1".utf8)

    init(address: String, enrolmentToken: String?) throws {
        guard let url = URL(string: address), let host = url.host() else {
            throw CommandFailure(.badInput, "not a URL: \(address)")
        }
        guard url.scheme == "https" || ["127.0.0.1", "::1", "[::1]", "localhost"].contains(host) else {
            throw CommandFailure(
                .badInput,
                "refusing plain HTTP to \(host)",
                hint: "use https://, or http:// on the loopback address"
            )
        }
        self.address = url
        self.enrolmentToken = enrolmentToken
    }

    func identity() async throws -> VerifierIdentity {
        let reply = try await send("GET", "v1/identity", [:])
        return VerifierIdentity(
            audience: try reply.string("audience"),
            verifierKey: Hexadecimal.encode(try reply.bytes("verifierKey"))
        )
    }

    func challenge(subject: String, purpose: String, modality: String?, label: String?) async throws -> [UInt8] {
        var body: [String: JSON] = [
            "subject": .string(subject), "purpose": .string(purpose), "clientKey": clientKey,
        ]
        body["modality"] = modality.map { .string($0) }
        body["label"] = label.map { .string($0) }
        return try await send("POST", "v1/challenge", body).bytes("challenge")
    }

    func enrolChallenge(
        subject: String,
        modality: String,
        label: String,
        samples: Int,
        assurance: String?
    ) async throws -> [UInt8] {
        guard let enrolmentToken else {
            throw CommandFailure(
                .notPermitted,
                "enrolling with a remote verifier takes an enrolment token",
                hint: "ask its administrator to run 'semblance-verifier enrol-token --subject \(subject)'"
            )
        }
        var body: [String: JSON] = [
            "enrolmentToken": .string(enrolmentToken), "subject": .string(subject),
            "modality": .string(modality), "label": .string(label), "samples": .integer(Int64(samples)),
            "clientKey": clientKey,
        ]
        body["assurance"] = assurance.map { .string($0) }
        return try await send("POST", "v1/enrol/challenge", body).bytes("challenge")
    }

    func rotateChallenge(
        subject: String,
        modality: String,
        label: String,
        kind: String,
        samples: Int
    ) async throws -> [UInt8] {
        try await send(
            "POST",
            "v1/rotate/challenge",
            [
                "subject": .string(subject), "modality": .string(modality), "label": .string(label),
                "kind": .string(kind), "samples": .integer(Int64(samples)), "clientKey": clientKey,
            ]
        ).bytes("challenge")
    }

    func register(proof: [UInt8]) async throws -> [UInt8] {
        try await send("POST", "v1/enrol", signed(proof)).bytes("receipt")
    }

    func rotate(proof: [UInt8]) async throws -> [UInt8] {
        try await send("POST", "v1/rotate", signed(proof)).bytes("receipt")
    }

    func verify(proof: [UInt8]) async throws -> VerifierAnswer {
        let reply = try await send("POST", "v1/verify", signed(proof))
        return VerifierAnswer(verdict: try reply.string("verdict"), token: try reply.optionalString("token"))
    }

    func revoke(subject: String, modality: String, label: String) async throws {
        throw CommandFailure(
            .notPermitted,
            "a remote verifier revokes on its administrator's word",
            hint: "there: semblance-verifier revoke --subject \(subject)"
        )
    }

    private var clientKey: JSON { .string(Base64.encode(key.publicKey.bytes)) }

    /// The proof and this client's signature on it.
    private func signed(_ proof: [UInt8]) -> [String: JSON] {
        let signature = key.sign(Self.signingContext + Hash.sha512(proof))
        return ["proof": .string(Base64.encode(proof)), "clientSignature": .string(Base64.encode(signature))]
    }

    private func send(_ method: String, _ path: String, _ body: [String: JSON]) async throws -> Parameters {
        var request = URLRequest(url: address.appending(path: path), timeoutInterval: 30)
        request.httpMethod = method
        if method == "POST" {
            request.httpBody = Data(JSON.object(body).encode())
            request.setValue("application/json", forHTTPHeaderField: "Content-Type")
        }
        let (data, status) = try await exchange(request)
        guard data.count <= Self.replyLimit, case .object(let members)? = try? JSON(parsing: data) else {
            throw CommandFailure(.unavailable, "the verifier at \(address.absoluteString) gave no sensible answer")
        }
        guard status == 200 else { throw failure(status: status, members) }
        return Parameters(members)
    }

    private func exchange(_ request: URLRequest) async throws -> (data: Data, status: Int) {
        try await withCheckedThrowingContinuation { continuation in
            let task = URLSession.shared.dataTask(with: request) { data, response, error in
                if let data, let response = response as? HTTPURLResponse {
                    continuation.resume(returning: (data, response.statusCode))
                } else {
                    let reason = error.map { ": \($0.localizedDescription)" } ?? ""
                    continuation.resume(
                        throwing: CommandFailure(
                            .unavailable,
                            "cannot reach the verifier at \(request.url?.host() ?? "?")\(reason)",
                            hint: "is its address right, and is it running?"
                        )
                    )
                }
            }
            task.resume()
        }
    }

    private func failure(status: Int, _ members: [String: JSON]) -> CommandFailure {
        switch status {
        case 401, 403:
            return CommandFailure(.refused, "the verifier refused")
        case 409:
            if case .string("nothingToUpgrade")? = members["error"] { return .nothingToUpgrade }
            return CommandFailure(.enrolment, "there is such an enrolment already")
        case 429:
            let seconds: Int64? =
                if case .integer(let value)? = members["retryAfterSeconds"] { value } else { nil }
            return CommandFailure(
                .lockedOut,
                "too many attempts",
                hint: seconds.map { "try again in \($0) s" }
            )
        default:
            return CommandFailure(.unavailable, "the verifier answered with HTTP status \(status)")
        }
    }
}
